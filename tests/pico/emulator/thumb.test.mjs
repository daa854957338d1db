// Instructions: what thumb.mjs makes of registers, memory, flags and time, against rp2040js, which executes each for itself; and
// against the manual where rp2040js differs from that.

import assert from 'node:assert/strict';
import test from 'node:test';
import { RP2040, SimulationClock } from '../../../tools/picohost/emulator/rp2040js.mjs';
import { Thumb } from '../../../tools/picohost/emulator/thumb.mjs';

const RAM = 0x20000000;
const RAM_SIZE = 264 * 1024;
const FLASH = 0x10000000;
const CODE = [FLASH + 0x100, RAM + 0x8000];
const SEVERAL = 60; // states in which each instruction is executed
const silent = { debug() {}, info() {}, warn() {}, error() {} };

// A generator of the same numbers each time.
function numbers(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function chip() {
  const mcu = new RP2040(new SimulationClock());
  mcu.logger = silent;
  return mcu;
}

const words = ({ core }) => [...core.registers, core.APSR, core.waiting];

// Two chips with the same contents: [by rp2040js, by thumb.mjs].
function pair(pick) {
  const chips = [chip(), chip()];
  for (let at = 0; at < 65536; at++) chips[0].flash[at] = pick(256);
  for (let at = 0; at < RAM_SIZE; at++) chips[0].sram[at] = pick(256);
  chips[1].flash.set(chips[0].flash);
  chips[1].sram.set(chips[0].sram);
  return chips;
}

const EDGES = [0, 1, 31, 32, 33, 255, 0x7fffffff, 0x80000000, 0xffffffff];

const DATA = [0x1, 0x3, 0x6, 0x7, 0x8, 0x9, 0xa, 0xb, 0xc, 0xf]; // the first digit of numbers that are no address of a device

// Registers as programs have them: numbers and addresses, those at the ends of memory with them.
function value(pick) {
  const kinds = [
    () => DATA[pick(DATA.length)] * 2 ** 28 + pick(2 ** 28), () => pick(256), () => EDGES[pick(EDGES.length)], () => RAM + 4 * pick(RAM_SIZE / 4),
    () => RAM + pick(RAM_SIZE), () => FLASH + 4 * pick(16384), () => FLASH + pick(65536),
    () => RAM + RAM_SIZE - 4 * pick(10), () => RAM + 4 * pick(10),
  ];
  return kinds[pick(kinds.length)]();
}

// What is executed by rp2040js alone, or leaves the core.
const others = (op) => [0xbe, 0xde, 0xdf, 0xbf].includes(op >> 8) || op >> 11 === 0b11101 || op >> 11 === 0b11111;

// Where rp2040js has another carry or overflow than the manual: ADCS and SBCS with an operand whose sum with the carry is none
// of 32 bits or changes its sign, and shifts by a register that has 0.
function differs(op, registers, carry) {
  const [low, high] = [registers[op & 7], registers[(op >> 3) & 7]];
  if (op >> 6 === 0b0100000101) return carry && [0x7fffffff, 0xffffffff].includes(low);
  if (op >> 6 === 0b0100000110) return !carry && [0x7fffffff, 0xffffffff].includes(high);
  return [0b0100000011, 0b0100000100].includes(op >> 6) && (high & 0xff) === 0;
}

test('every instruction does what it does in rp2040js, in the same time', () => {
  const pick = numbers(1);
  const [one, two] = pair(pick);
  const thumb = new Thumb(two);
  let own = 0;
  let all = 0;
  const left = two.core.executeInstruction;
  two.core.executeInstruction = function () {
    own -= 1;
    return left.call(this);
  };
  for (let high = 0; high < 1024; high++) {
    for (let i = 0; i < SEVERAL; i++) {
      const op = (high << 6) | pick(64);
      if (others(op)) continue;
      const code = CODE[i & 1];
      const registers = Uint32Array.from({ length: 16 }, () => value(pick));
      registers[13] = (i & 2 ? RAM + 4 * pick(RAM_SIZE / 4) : RAM + RAM_SIZE - 4 * pick(12)) >>> 0;
      registers[15] = code;
      const flags = 2 ** 28 * [0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11][pick(12)];
      if (differs(op, registers, flags & 0x20000000)) continue;
      const second = pick(65536);
      for (const mcu of [one, two]) {
        mcu.core.registers.set(registers);
        mcu.core.APSR = flags;
        mcu.core.interruptsUpdated = mcu.core.waiting = false;
        const view = code === CODE[0] ? mcu.flashView : mcu.sramView;
        view.setUint16(code & 0xffffff, op, true);
        view.setUint16((code & 0xffffff) + 2, second, true);
      }
      const [before, started] = [one.clock.nanos, two.clock.nanos];
      one.clock.tick(one.core.executeInstruction() * 8);
      assert.equal(thumb.execute(1), 1);
      own += 1;
      all += 1;
      const what = `${op.toString(16)} ${second.toString(16)} at ${code.toString(16)}, ${[...registers]}, ${flags}`;
      assert.deepEqual(words(two), words(one), what);
      assert.equal(two.clock.nanos - started, one.clock.nanos - before, what);
    }
    assert.equal(Buffer.compare(one.sram, two.sram), 0, `memory behind ${high.toString(2).padStart(10, '0')}`);
  }
  assert.ok(all > 50000 && own > all / 2, `${own} of ${all}`);
});

test('a sum with a carry, and a shift by nothing, have the flags of the manual', () => {
  const mcu = chip();
  const thumb = new Thumb(mcu);
  const [N, Z, C, V] = [8, 4, 2, 1];
  const rows = [ // op, r0, r1, flags; r0 and flags then
    [0x4148, 0x7fffffff, 0, C, 0x80000000, N | V], [0x4148, 0xffffffff, 5, C, 5, C], [0x4148, 0xffffffff, 0, C, 0, Z | C],
    [0x4188, 0, 0xffffffff, 0, 0, Z], [0x4188, 0x80000000, 0x7fffffff, 0, 0, Z | C | V],
    [0x4188, 0xffffffff, 0xffffffff, 0, 0xffffffff, N], [0x40c8, 0x80000000, 0x100, C, 0x80000000, N | C],
    [0x40c8, 5, 0, 0, 5, 0], [0x4108, 0x80000000, 0, 0, 0x80000000, N], [0x4108, 5, 0, C, 5, C],
  ];
  for (const [op, a, b, before, wanted, after] of rows) {
    mcu.flashView.setUint16(0x100, op, true);
    mcu.core.registers.set([a, b]);
    mcu.core.PC = FLASH + 0x100;
    mcu.core.APSR = before * 2 ** 28;
    mcu.core.interruptsUpdated = false;
    thumb.execute(1);
    assert.deepEqual([mcu.core.registers[0], mcu.core.APSR >>> 28], [wanted, after], `${op.toString(16)} ${a} ${b}`);
  }
});

// A program that counts in r0 and stores it: ADDS r0, #1; STR r0, [r1]; B.
const COUNTS = [0x3001, 0x6008, 0xe7fc];

function counting() {
  const mcu = chip();
  COUNTS.forEach((op, i) => mcu.flashView.setUint16(0x100 + 2 * i, op, true));
  mcu.core.registers.set([0, RAM]);
  mcu.core.PC = FLASH + 0x100;
  mcu.core.interruptsUpdated = false;
  return mcu;
}

test('an alarm comes behind the same instruction as in rp2040js', () => {
  const found = [counting(), counting()].map((mcu, i) => {
    const seen = [];
    const look = () => seen.push([mcu.clock.nanos, mcu.core.PC, mcu.core.registers[0], mcu.sramView.getUint32(0, true)]);
    for (const at of [1, 8, 9, 40, 41, 47, 48, 48, 1000, 1003.5, 5000]) mcu.clock.createAlarm(look).schedule(at);
    const thumb = new Thumb(mcu);
    while (mcu.clock.nanos < 6000) i ? thumb.execute(100) : mcu.clock.tick(mcu.core.executeInstruction() * 8);
    return seen;
  });
  assert.equal(found[0].length, 11);
  assert.deepEqual(found[1], found[0]);
});

test('no more instructions than asked for, and an interrupt at once', () => {
  const mcu = counting();
  const thumb = new Thumb(mcu);
  assert.equal(thumb.execute(30), 30);
  assert.equal(mcu.core.registers[0], 10);
  mcu.sramView.setUint32(0x1000 + 4 * 16, FLASH + 0x200, true); // the handler of interrupt 0: B to itself
  mcu.flashView.setUint16(0x200, 0xe7fe, true);
  Object.assign(mcu.core, { VTOR: RAM + 0x1000, SP: RAM + 0x2000, enabledInterrupts: 1 });
  mcu.core.setInterrupt(0, true);
  thumb.execute(3);
  assert.deepEqual([mcu.core.PC, mcu.core.IPSR, mcu.core.registers[0]], [FLASH + 0x200, 16, 10]);
});
