// The boot ROM's floating-point functions (RP2040 datasheet, 2.8.3 "Bootrom Contents", floating point), by their offset
// in its tables, as the SDK has them in pico/bootrom/sf_table.h. A
// float comes in one register, a double or a 64-bit integer in two, low word first. Numbers of
// JavaScript are IEEE doubles: a float result is rounded once more, which for + - * / and the square root
// gives the correctly rounded float. Cycles are estimates, not the averages that the datasheet has.

const bytes = new DataView(new ArrayBuffer(8));
const SMALLEST_FLOAT = 2 ** -126;
const S32 = [-(2 ** 31), 2 ** 31 - 1];
const U32 = [0, 2 ** 32 - 1];
const S64 = [-(2n ** 63n), 2n ** 63n - 1n];
const U64 = [0n, 2n ** 64n - 1n];

const asFloat = (word) => {
  bytes.setUint32(0, word);
  return bytes.getFloat32(0);
};
const floatWord = (value) => {
  bytes.setFloat32(0, value);
  return bytes.getUint32(0);
};
const asDouble = (low, high) => {
  bytes.setUint32(0, high);
  bytes.setUint32(4, low);
  return bytes.getFloat64(0);
};
const setDouble = (r, value) => {
  bytes.setFloat64(0, value);
  r[0] = bytes.getUint32(4);
  r[1] = bytes.getUint32(0);
};
const asInteger = (low, high, signed) => {
  const value = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  return signed ? BigInt.asIntN(64, value) : value;
};
const setInteger = (r, value) => {
  r[0] = Number(value & 0xffffffffn);
  r[1] = Number((value >> 32n) & 0xffffffffn);
};

// The ROM takes subnormal numbers as zero of their sign, and makes none.
const flush = (value) => (Math.abs(value) < SMALLEST_FLOAT ? value * 0 : value);
// Not a number becomes 0; what is too large, the nearest there is.
const toWord = (value, [low, high]) => (value !== value ? 0 : Math.min(high, Math.max(low, Math.floor(value))));
const toInteger = (value, [low, high]) => {
  if (value !== value) return 0n;
  if (value <= Number(low)) return low;
  return value >= Number(high) ? high : BigInt(Math.floor(value));
};
const order = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

// An integer as a float, correctly rounded: through a double it would be rounded twice, so what the
// double's last bits lose is kept in its lowest one ("round to odd").
const integerToFloat = (value, shift) => {
  const negative = value < 0n;
  let size = negative ? -value : value;
  let down = 0;
  while (size >= 2n ** 53n) {
    size = (size >> 1n) | (size & 1n);
    down += 1;
  }
  return (negative ? -1 : 1) * Number(size) * 2 ** (down - shift);
};

// ---- single precision ----

const float1 = (call, cycles) => (r) => {
  r[0] = floatWord(flush(call(flush(asFloat(r[0])))));
  return cycles;
};
const float2 = (call, cycles) => (r) => {
  r[0] = floatWord(flush(Math.fround(call(flush(asFloat(r[0])), flush(asFloat(r[1]))))));
  return cycles;
};
const floatOrder = (r) => {
  r[0] = order(asFloat(r[0]), asFloat(r[1]));
  return 10;
};
// The result is in the flags, as CMP leaves them.
const flags = (core, result) => {
  core.Z = result === 0;
  core.N = result < 0;
  core.C = result >= 0;
  core.V = false;
  return 10;
};
const floatToWord = (range, fixed) => (r) => {
  r[0] = toWord(asFloat(r[0]) * (fixed ? 2 ** (r[1] | 0) : 1), range);
  return 30;
};
const wordToFloat = (signed, fixed) => (r) => {
  r[0] = floatWord((signed ? r[0] | 0 : r[0] >>> 0) / (fixed ? 2 ** (r[1] | 0) : 1));
  return 50;
};
const integer64ToFloat = (signed, fixed) => (r) => {
  r[0] = floatWord(integerToFloat(asInteger(r[0], r[1], signed), fixed ? r[2] | 0 : 0));
  return 60;
};
const floatToInteger64 = (range, fixed) => (r) => {
  setInteger(r, toInteger(asFloat(r[0]) * (fixed ? 2 ** (r[1] | 0) : 1), range));
  return 60;
};
const floatSinCos = (r) => {
  const x = asFloat(r[0]);
  r[0] = floatWord(Math.sin(x));
  r[1] = floatWord(Math.cos(x));
  return 600;
};
const floatToDouble = (r) => {
  setDouble(r, asFloat(r[0]));
  return 30;
};

export const float = {
  0x00: float2((a, b) => a + b, 70),
  0x04: float2((a, b) => a - b, 70),
  0x08: float2((a, b) => a * b, 70),
  0x0c: float2((a, b) => a / b, 70),
  0x10: floatOrder,
  0x14: (r, board, core) => flags(core, order(asFloat(r[0]), asFloat(r[1]))),
  0x18: float1(Math.sqrt, 63),
  0x1c: floatToWord(S32, false),
  0x20: floatToWord(S32, true),
  0x24: floatToWord(U32, false),
  0x28: floatToWord(U32, true),
  0x2c: wordToFloat(true, false),
  0x30: wordToFloat(true, true),
  0x34: wordToFloat(false, false),
  0x38: wordToFloat(false, true),
  0x3c: float1(Math.cos, 500),
  0x40: float1(Math.sin, 500),
  0x44: float1(Math.tan, 500),
  0x48: floatSinCos,
  0x4c: float1(Math.exp, 500),
  0x50: float1(Math.log, 500),
  0x54: floatOrder,
  0x58: float2(Math.atan2, 500),
  0x5c: integer64ToFloat(true, false),
  0x60: integer64ToFloat(true, true),
  0x64: integer64ToFloat(false, false),
  0x68: integer64ToFloat(false, true),
  0x6c: floatToInteger64(S64, false),
  0x70: floatToInteger64(S64, true),
  0x74: floatToInteger64(U64, false),
  0x78: floatToInteger64(U64, true),
  0x7c: floatToDouble,
};

// ---- double precision: the same functions at the same offsets ----

const first = (r) => asDouble(r[0], r[1]);
const second = (r) => asDouble(r[2], r[3]);
const double1 = (call, cycles) => (r) => {
  setDouble(r, call(first(r)));
  return cycles;
};
const double2 = (call, cycles) => (r) => {
  setDouble(r, call(first(r), second(r)));
  return cycles;
};
const doubleOrder = (r) => {
  r[0] = order(first(r), second(r));
  return 15;
};
const doubleToWord = (range, fixed) => (r) => {
  r[0] = toWord(first(r) * (fixed ? 2 ** (r[2] | 0) : 1), range);
  return 40;
};
const wordToDouble = (signed, fixed) => (r) => {
  setDouble(r, (signed ? r[0] | 0 : r[0] >>> 0) / (fixed ? 2 ** (r[1] | 0) : 1));
  return 60;
};
const integer64ToDouble = (signed, fixed) => (r) => {
  setDouble(r, Number(asInteger(r[0], r[1], signed)) / (fixed ? 2 ** (r[2] | 0) : 1));
  return 60;
};
const doubleToInteger64 = (range, fixed) => (r) => {
  setInteger(r, toInteger(first(r) * (fixed ? 2 ** (r[2] | 0) : 1), range));
  return 60;
};
const doubleToFloat = (r) => {
  r[0] = floatWord(flush(Math.fround(first(r))));
  return 40;
};

export const double = {
  0x00: double2((a, b) => a + b, 120),
  0x04: double2((a, b) => a - b, 120),
  0x08: double2((a, b) => a * b, 120),
  0x0c: double2((a, b) => a / b, 120),
  0x10: doubleOrder,
  0x14: (r, board, core) => flags(core, order(first(r), second(r))),
  0x18: double1(Math.sqrt, 800),
  0x1c: doubleToWord(S32, false),
  0x20: doubleToWord(S32, true),
  0x24: doubleToWord(U32, false),
  0x28: doubleToWord(U32, true),
  0x2c: wordToDouble(true, false),
  0x30: wordToDouble(true, true),
  0x34: wordToDouble(false, false),
  0x38: wordToDouble(false, true),
  0x3c: double1(Math.cos, 800),
  0x40: double1(Math.sin, 800),
  0x44: double1(Math.tan, 800),
  0x4c: double1(Math.exp, 800),
  0x50: double1(Math.log, 800),
  0x54: doubleOrder,
  0x58: double2(Math.atan2, 800),
  0x5c: integer64ToDouble(true, false),
  0x60: integer64ToDouble(true, true),
  0x64: integer64ToDouble(false, false),
  0x68: integer64ToDouble(false, true),
  0x6c: doubleToInteger64(S64, false),
  0x70: doubleToInteger64(S64, true),
  0x74: doubleToInteger64(U64, false),
  0x78: doubleToInteger64(U64, true),
  0x7c: doubleToFloat,
};
