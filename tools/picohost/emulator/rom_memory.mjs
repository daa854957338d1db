// The boot ROM's functions for bits and memory (RP2040 datasheet, 2.8.3.1.1 "Fast Bit Counting / Manipulation
// Functions" and 2.8.3.1.2 "Fast Bulk Memory Fill / Copy Functions"). Each takes the core's registers and the board, leaves
// its result in register 0, and returns the cycles it took: an estimate.

const SRAM = 0x20000000;
const FLASH = 0x10000000;

const popCount = (r) => {
  let left = r[0];
  let count = 0;
  for (; left; count++) left &= left - 1;
  r[0] = count;
  return 18;
};

const reverse = (r) => {
  let result = 0;
  for (let i = 0; i < 32; i++) result = (result << 1) | ((r[0] >>> i) & 1);
  r[0] = result;
  return 21;
};

const leadingZeros = (r) => {
  r[0] = Math.clz32(r[0]);
  return 38;
};

const trailingZeros = (r) => {
  r[0] = r[0] ? 31 - Math.clz32(r[0] & -r[0]) : 32;
  return 38;
};

export const bits = { P3: popCount, R3: reverse, L3: leadingZeros, T3: trailingZeros };

// [bytes, offset] of an address in plain memory, null elsewhere: a peripheral, say.
export function plain(board, address) {
  const { sram, flash } = board.mcu;
  if (address >= SRAM && address < SRAM + sram.length) return [sram, address - SRAM];
  if (address >= FLASH && address < FLASH + flash.length) return [flash, address - FLASH];
  return null;
}

const fill = (r, board) => {
  const [to, value, size] = r;
  const place = plain(board, to);
  if (place && place[0] === board.mcu.sram) place[0].fill(value & 0xff, place[1], place[1] + size);
  else if (((to | size) & 3) === 0) {
    const word = ((value & 0xff) * 0x01010101) >>> 0;
    for (let i = 0; i < size; i += 4) board.mcu.writeUint32(to + i, word);
  } else for (let i = 0; i < size; i++) board.mcu.writeUint8(to + i, value & 0xff);
  return 8 + (size >> 2);
};

const copy = (r, board) => {
  const [to, from, size] = r;
  const [target, source] = [plain(board, to), plain(board, from)];
  if (target && source && target[0] === board.mcu.sram) {
    target[0].set(source[0].subarray(source[1], source[1] + size), target[1]);
  } else if (((to | from | size) & 3) === 0) {
    for (let i = 0; i < size; i += 4) board.mcu.writeUint32(to + i, board.mcu.readUint32(from + i));
  } else for (let i = 0; i < size; i++) board.mcu.writeUint8(to + i, board.mcu.readUint8(from + i));
  return 8 + (size >> 1);
};

export const memory = { MS: fill, S4: fill, MC: copy, C4: copy };
