// The flash chip against a model that says the same in another way: cells as arrays of bits.

import assert from 'node:assert/strict';
import test from 'node:test';
import { FlashChip, PAGE, SECTOR } from '../../../tools/picohost/emulator/flash.mjs';

const SIZE = 8 * 65536;

// A generator of the same numbers each time.
function numbers(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function send(chip, ...bytes) {
  const answer = bytes.map((byte) => chip.transfer(byte));
  chip.release();
  return answer;
}

const at = (address) => [(address >> 16) & 0xff, (address >> 8) & 0xff, address & 0xff];

test('programs and erases, sent or called, leave what the model has', () => {
  const pick = numbers(1);
  const memory = new Uint8Array(SIZE).fill(0xff);
  const chip = new FlashChip(memory);
  const model = Array.from(memory, () => 0xff);
  const sizes = { 0x20: 4096, 0x52: 32768, 0xd8: 65536 };
  for (let i = 0; i < 600; i++) {
    const address = pick(SIZE);
    if (pick(8) === 0) {
      const code = [0x20, 0x52, 0xd8][pick(3)];
      if (pick(2)) {
        send(chip, 0x06);
        send(chip, code, ...at(address));
      } else chip.erase(address, sizes[code]);
      const first = address - (address % sizes[code]);
      for (let j = 0; j < sizes[code]; j++) model[first + j] = 0xff;
      continue;
    }
    const data = Array.from({ length: 1 + pick(300) }, () => pick(256));
    if (pick(2)) {
      send(chip, 0x06);
      send(chip, 0x02, ...at(address), ...data);
    } else chip.program(address, data);
    // A page takes the last 256 bytes, from its address on and around its end.
    const page = Math.floor(address / PAGE) * PAGE;
    const kept = data.slice(-PAGE);
    kept.forEach((value, j) => {
      const place = page + ((address - page + data.length - kept.length + j) % PAGE);
      for (let bit = 1; bit < 256; bit *= 2) if (!(value & bit) && model[place] & bit) model[place] -= bit;
    });
  }
  assert.deepEqual(memory, Uint8Array.from(model));
});

test('nothing is written without write enable, which one operation uses up', () => {
  const memory = new Uint8Array(SIZE).fill(0xff);
  const chip = new FlashChip(memory);
  send(chip, 0x02, ...at(0), 1);
  assert.equal(memory[0], 0xff);
  send(chip, 0x06);
  assert.equal(send(chip, 0x05, 0)[1], 2);
  send(chip, 0x04);
  send(chip, 0x02, ...at(0), 1);
  assert.equal(memory[0], 0xff);
  send(chip, 0x06);
  send(chip, 0x02, ...at(0), 1);
  send(chip, 0x02, ...at(1), 2);
  assert.deepEqual([...memory.subarray(0, 2)], [1, 0xff]);
  assert.equal(send(chip, 0x05, 0)[1], 0);
});

test('it reads, and says who it is', () => {
  const chip = new FlashChip(Uint8Array.from({ length: SIZE }, (_, i) => i & 0xff));
  assert.deepEqual(send(chip, 0x03, ...at(0x1234), 0, 0, 0).slice(4), [0x34, 0x35, 0x36]);
  assert.deepEqual(send(chip, 0x9f, 0, 0, 0).slice(1), [0xef, 0x40, 0x15]);
  assert.equal(send(chip, 0x35, 0)[1] & 2, 2);
  assert.equal(new Set(send(chip, 0x4b, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8).slice(5)).size, 8);
});

test('an operation takes its time and tells what it has changed', () => {
  const took = [];
  const stored = [];
  const chip = new FlashChip(new Uint8Array(SIZE).fill(0xff), {
    busy: (ns) => took.push(ns), stored: (from, to) => stored.push([from, to]),
  });
  chip.program(300, [1, 2]);
  chip.erase(5000);
  chip.erase(70000, 65536);
  assert.deepEqual(took, [0.4e6, 45e6, 150e6]);
  assert.deepEqual(stored, [[256, 512], [4096, 8192], [65536, 131072]]);
  assert.deepEqual([chip.programs, chip.erases], [1, 2]);
});

test('the power goes behind the n-th operation, or in its middle, and nothing is written after it', () => {
  for (const torn of [false, true]) {
    const memory = new Uint8Array(SIZE).fill(0);
    let cuts = 0;
    const chip = new FlashChip(memory, { cut: () => cuts++ });
    chip.cutAfter(2, torn);
    chip.erase(0);
    assert.equal(cuts, 0);
    chip.erase(SECTOR);
    assert.equal(cuts, 1);
    chip.erase(2 * SECTOR);
    const sector = (n) => memory.subarray(n * SECTOR, (n + 1) * SECTOR);
    assert.ok(sector(0).every((byte) => byte === 0xff));
    assert.equal(sector(1).filter((byte) => byte === 0xff).length, torn ? SECTOR / 2 : SECTOR);
    assert.ok(sector(2).every((byte) => byte === 0));
  }
  const memory = new Uint8Array(SIZE).fill(0xff);
  const chip = new FlashChip(memory);
  chip.cutAfter(1, true);
  chip.program(0, [0, 0, 0, 0]);
  assert.deepEqual([...memory.subarray(0, 4)], [0, 0, 0xff, 0xff]);
});
