// The boot ROM: its tables as firmware reads them, and its floating-point functions against IEEE results.

import assert from 'node:assert/strict';
import test from 'node:test';
import { BootRom } from '../../../tools/picohost/emulator/rom.mjs';
import { bits, memory } from '../../../tools/picohost/emulator/rom_memory.mjs';
import { double, float } from '../../../tools/picohost/emulator/rom_float.mjs';
import { flash } from '../../../tools/picohost/emulator/rom_flash.mjs';
import { FlashChip } from '../../../tools/picohost/emulator/flash.mjs';

const view = new DataView(new ArrayBuffer(8));
const f32 = (value) => (view.setFloat32(0, value), view.getUint32(0));
const asF32 = (word) => (view.setUint32(0, word), view.getFloat32(0));
const f64 = (value) => (view.setFloat64(0, value), [view.getUint32(4), view.getUint32(0)]);
const asF64 = ([low, high]) => (view.setUint32(0, high), view.setUint32(4, low), view.getFloat64(0));
const i64 = (value) => [Number(BigInt.asUintN(32, value)), Number(BigInt.asUintN(32, value >> 32n))];
const asI64 = ([low, high]) => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);

// Calls a function of a table with register values; the registers then.
function call(table, offset, ...registers) {
  const r = Uint32Array.from({ length: 16 }, (_, i) => registers[i] ?? 0);
  const core = {};
  table[offset](r, null, core);
  return Object.assign(r, { core });
}

const FLOATS = [0, -0, 1, -1, 0.1, -2.5, 3, 1e10, -1e-10, 16777217, 2 ** -126, 3.4028234e38, 1 / 3, Math.PI,
  Infinity, -Infinity, NaN].map(Math.fround);

test('float + - * / are those of IEEE, correctly rounded', () => {
  const operations = [[0x00, (a, b) => a + b], [0x04, (a, b) => a - b], [0x08, (a, b) => a * b], [0x0c, (a, b) => a / b]];
  for (const [offset, wanted] of operations) {
    for (const a of FLOATS) {
      for (const b of FLOATS) {
        const result = asF32(call(float, offset, f32(a), f32(b))[0]);
        let expected = Math.fround(wanted(a, b));
        if (Math.abs(expected) < 2 ** -126) expected *= 0; // the ROM has no subnormal numbers
        assert.ok(Object.is(result, expected), `${a}, ${b} at ${offset}: ${result}, not ${expected}`);
      }
    }
  }
  for (const a of FLOATS) assert.ok(Object.is(asF32(call(float, 0x18, f32(a))[0]), Math.fround(Math.sqrt(a))));
});

test('double + - * / and the square root are those of IEEE', () => {
  const values = [...FLOATS, 1e300, 5e-324, 2 ** 53 + 2];
  for (const a of values) {
    for (const b of values) {
      const wanted = [a + b, a - b, a * b, a / b];
      wanted.forEach((expected, i) => {
        assert.ok(Object.is(asF64(call(double, 4 * i, ...f64(a), ...f64(b))), expected));
      });
    }
    assert.ok(Object.is(asF64(call(double, 0x18, ...f64(a))), Math.sqrt(a)));
  }
});

test('numbers become integers rounded down, and at most what fits', () => {
  const rows = [[2.5, 2], [-2.5, -3], [1e20, 0x7fffffff], [-1e20, -0x80000000], [NaN, 0]];
  for (const [value, wanted] of rows) {
    assert.equal(call(float, 0x1c, f32(value))[0] | 0, wanted);
    assert.equal(call(double, 0x1c, ...f64(value))[0] | 0, wanted);
  }
  assert.equal(call(float, 0x24, f32(-1))[0], 0);
  assert.equal(call(float, 0x24, f32(1e20))[0], 0xffffffff);
  assert.equal(call(float, 0x20, f32(1.75), 2)[0], 7); // with two bits of fraction
  assert.equal(asI64(call(double, 0x6c, ...f64(-(2 ** 40)))), BigInt.asUintN(64, -(2n ** 40n)));
  assert.equal(asI64(call(float, 0x74, f32(2 ** 63))), 2n ** 63n);
  assert.equal(asI64(call(double, 0x6c, ...f64(1e300))), 2n ** 63n - 1n);
});

test('integers become numbers, rounded once', () => {
  assert.equal(asF32(call(float, 0x2c, -3 >>> 0)[0]), -3);
  assert.equal(asF32(call(float, 0x34, 0xffffffff)[0]), 2 ** 32);
  assert.equal(asF64(call(double, 0x34, 0xffffffff)), 2 ** 32 - 1);
  assert.equal(asF32(call(float, 0x38, 7, 2)[0]), 1.75);
  // Through a double this one would be rounded twice, to the float below.
  const hard = (1n << 60n) + (1n << 36n) + 1n;
  assert.equal(asF32(call(float, 0x5c, ...i64(hard))[0]), 2 ** 60 + 2 ** 37);
  assert.equal(asF32(call(float, 0x5c, ...i64(-hard))[0]), -(2 ** 60 + 2 ** 37));
  assert.equal(asF64(call(double, 0x5c, ...i64(-5n))), -5);
});

test('comparisons are in the register, or in the flags', () => {
  for (const [a, b, wanted] of [[1, 2, -1], [2, 1, 1], [2, 2, 0], [-Infinity, 3, -1]]) {
    assert.equal(call(float, 0x10, f32(a), f32(b))[0] | 0, wanted);
    assert.equal(call(double, 0x10, ...f64(a), ...f64(b))[0] | 0, wanted);
    const { core } = call(float, 0x14, f32(a), f32(b));
    assert.deepEqual([core.Z, core.N, core.C], [wanted === 0, wanted < 0, wanted >= 0]);
  }
});

test('functions of mathematics are near IEEE doubles', () => {
  const rows = [[0x3c, Math.cos], [0x40, Math.sin], [0x44, Math.tan], [0x4c, Math.exp], [0x50, Math.log]];
  for (const [offset, wanted] of rows) {
    for (const x of [0.1, 1.5, 2.5, 7]) {
      assert.ok(Math.abs(asF64(call(double, offset, ...f64(x))) - wanted(x)) <= 1e-15 * Math.abs(wanted(x)));
      assert.ok(Math.abs(asF32(call(float, offset, f32(x))[0]) / wanted(Math.fround(x)) - 1) < 2 ** -23);
    }
  }
  const both = call(float, 0x48, f32(1));
  assert.deepEqual([asF32(both[0]), asF32(both[1])], [Math.fround(Math.sin(1)), Math.fround(Math.cos(1))]);
  assert.equal(asF64(call(double, 0x58, ...f64(1), ...f64(-1))), Math.atan2(1, -1));
  assert.equal(asF32(call(double, 0x7c, ...f64(0.1))[0]), Math.fround(0.1));
  assert.equal(asF64(call(float, 0x7c, f32(0.5))), 0.5);
});

test('bits are counted and turned', () => {
  const of = (code, value) => {
    const r = Uint32Array.of(value);
    bits[code](r);
    return r[0];
  };
  assert.deepEqual(['P3', 'R3', 'L3', 'T3'].map((code) => of(code, 0x0000f0a0)), [6, 0x050f0000, 16, 5]);
  assert.deepEqual(['P3', 'R3', 'L3', 'T3'].map((code) => of(code, 0)), [0, 0, 32, 32]);
});

// A board of memory alone.
function made() {
  const mcu = { sram: new Uint8Array(264 * 1024), flash: new Uint8Array(65536).fill(0xff), writes: [] };
  mcu.writeUint32 = (address, value) => mcu.writes.push([address, value]);
  mcu.readUint32 = () => 0x01020304;
  mcu.readUint16 = (address) => board.rom.view.getUint16(address, true);
  const board = { mcu, clock: { tick: (ns) => (board.ns = (board.ns ?? 0) + ns) }, halt: () => (board.halted = true) };
  board.chip = new FlashChip(mcu.flash);
  board.rom = new BootRom(board);
  return board;
}

test('memory is filled and copied, a peripheral by words', () => {
  const board = made();
  memory.MS(Uint32Array.of(0x20000003, 0x5a, 5), board);
  assert.deepEqual([...board.mcu.sram.subarray(2, 9)], [0, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0]);
  memory.MC(Uint32Array.of(0x20000101, 0x20000002, 4), board);
  assert.deepEqual([...board.mcu.sram.subarray(0x101, 0x105)], [0, 0x5a, 0x5a, 0x5a]);
  memory.C4(Uint32Array.of(0x50100000, 0x20000000, 8), board);
  assert.deepEqual(board.mcu.writes, [[0x50100000, 0x01020304], [0x50100004, 0x01020304]]);
});

test('firmware finds functions by their codes, and calls them by a breakpoint', () => {
  const board = made();
  const { rom } = board;
  assert.deepEqual([...rom.bytes.subarray(0x10, 0x13)], [0x4d, 0x75, 1]);
  for (const code of ['MS', 'MC', 'IF', 'EX', 'RE', 'RP', 'FC', 'UB', 'P3']) {
    const core = { registers: Uint32Array.of(rom.view.getUint16(0x14, true), code.charCodeAt(0) | (code.charCodeAt(1) << 8)) };
    const find = rom.view.getUint16(0x18, true);
    assert.equal(find & 1, 1, 'Thumb');
    assert.equal(rom.view.getUint16(find - 1, true) & 0xff00, 0xbe00);
    assert.ok(rom.call(find - 1, core));
    assert.equal(core.registers[0], rom.address(code));
    assert.ok(rom.functions.has(core.registers[0] - 1));
  }
  const core = { registers: Uint32Array.of(rom.view.getUint16(0x14, true), 0x5a5a) };
  rom.call(rom.view.getUint16(0x18, true) - 1, core);
  assert.equal(core.registers[0], 0);
  assert.equal(rom.call(0x20000000, core), false);
  assert.ok(board.ns > 0);
  rom.call(rom.address('UB') - 1, core);
  assert.ok(board.halted);
});

test('flash functions work on the chip', () => {
  const board = made();
  board.mcu.flash.fill(0, 0, 8192);
  flash.RE(Uint32Array.of(4096, 4096, 65536, 0xd8), board);
  board.mcu.sram.set([1, 2, 3], 0x400);
  flash.RP(Uint32Array.of(4096, 0x20000400, 256), board);
  assert.deepEqual([...board.mcu.flash.subarray(4095, 4099)], [0, 1, 2, 3]);
  assert.deepEqual([board.chip.erases, board.chip.programs], [1, 1]);
});
