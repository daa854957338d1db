// Executes the instructions that need nothing but registers, RAM and flash, which are nearly all of a program; the others
// (interrupts, devices, special registers, breakpoints) are left to rp2040js, whose core looks for an instruction by one
// comparison after the other. What these do is that of the "ARMv6-M Architecture Reference Manual", chapter A6.7; they take the
// cycles that rp2040js has for them, and an alarm of its clock comes behind the same instruction. stretch() is long and repeats
// itself: the engine makes one jump of its switch, and calls nothing.

import { ENCODINGS, KINDS } from './encodings.mjs';

const CYCLE = 8; // ns: 125 MHz
const FLASH = 0x10; // the highest byte of its addresses
const RAM = 0x20000000;
const RAM_SIZE = 264 * 1024;
const SP = 13;
const LR = 14;
const PC = 15;
const LONG = 1e6; // cycles: much longer than a batch takes

// How many registers are in a list.
const BITS = Uint8Array.from({ length: 256 }, (_, value) => value.toString(2).replaceAll('0', '').length);

// What comes beside the registers: the flags, of which N is "below zero" and Z is "zero"; then what a stretch came to.
const [N, Z, C, V, CYCLES, LEFT, FLAGS] = [0, 1, 2, 3, 4, 5, 6];

export class Thumb {
  constructor(mcu) {
    this.clock = mcu.clock;
    this.core = mcu.core;
    this.registers = new Int32Array(mcu.core.registers.buffer);
    this.flags = new Int32Array(FLAGS);
    this.ram8 = mcu.sram;
    this.ram16 = new Uint16Array(mcu.sram.buffer);
    this.ram32 = new Int32Array(mcu.sram.buffer);
    this.flash8 = mcu.flash;
    this.flash16 = new Uint16Array(mcu.flash.buffer);
    this.flash32 = new Int32Array(mcu.flash.buffer);
  }

  // Execute one instruction or more, up to `most`, and let their time pass; how many those were.
  execute(most) {
    const { core, clock } = this;
    let n = 0;
    if (!core.interruptsUpdated) {
      n = this._stretch(most, this._due());
      if (!this.flags[LEFT]) return n;
    }
    clock.tick(core.executeInstruction() * CYCLE);
    return n + 1;
  }

  // Those before an alarm and before what is left to rp2040js.
  _stretch(most, due) {
    const { core, flags, registers, ram8, ram16, ram32, flash8, flash16, flash32 } = this;
    flags[N] = core.N ? -1 : 0;
    flags[Z] = core.Z ? 0 : 1;
    flags[C] = core.C ? 1 : 0;
    flags[V] = core.V ? 1 : 0;
    const n = stretch(registers, flags, ram8, ram16, ram32, flash8, flash16, flash32, most, due);
    core.N = flags[N] < 0;
    core.Z = flags[Z] === 0;
    core.C = flags[C] === 1;
    core.V = flags[V] === 1;
    this.clock.tick(flags[CYCLES] * CYCLE);
    return n;
  }

  // Cycles until the next alarm, 1 or more.
  _due() {
    const { nextAlarm, nanos } = this.clock;
    return nextAlarm === null ? LONG : Math.max(1, Math.min(LONG, Math.ceil((nextAlarm.nanos - nanos) / CYCLE)));
  }
}

// Execute instructions: at most so many, until so many cycles have passed, or up to one that is left to rp2040js; how many.
function stretch(r, flags, ram8, ram16, ram32, flash8, flash16, flash32, most, due) {
  let pc = r[PC] & ~1;
  let neg = flags[N];
  let zero = flags[Z];
  let carry = flags[C];
  let over = flags[V];
  let cycles = 0;
  let n = 0;
  let left = 0;

  for (; n < most && cycles < due; n++) {
    let op;
    if (pc >>> 24 === FLASH) op = flash16[(pc & 0xffffff) >> 1];
    else if ((pc - RAM) >>> 0 < RAM_SIZE) op = ram16[(pc - RAM) >> 1];
    else {
      left = 1;
      break;
    }
    const low = op & 7;
    const mid = (op >> 3) & 7;
    pc += 2;
    cycles += 1;
    switch (KINDS[op]) {
      case 1: {
        const i = (op >> 6) & 31;
        const x = r[mid];
        if (i) carry = (x >>> (32 - i)) & 1;
        r[low] = neg = zero = x << i;
        continue;
      }
      case 2: {
        const i = (op >> 6) & 31;
        const x = r[mid];
        carry = (x >>> ((i - 1) & 31)) & 1;
        r[low] = neg = zero = i ? (x >>> i) | 0 : 0;
        continue;
      }
      case 3: {
        const i = (op >> 6) & 31;
        const x = r[mid];
        carry = (x >>> ((i - 1) & 31)) & 1;
        r[low] = neg = zero = x >> (i || 31);
        continue;
      }
      case 4: case 6: {
        const x = r[mid];
        const y = op & 0x400 ? (op >> 6) & 7 : r[(op >> 6) & 7];
        const sum = (x + y) | 0;
        carry = sum >>> 0 < x >>> 0 ? 1 : 0;
        over = ((x ^ sum) & (y ^ sum)) >>> 31;
        r[low] = neg = zero = sum;
        continue;
      }
      case 5: case 7: {
        const x = r[mid];
        const y = op & 0x400 ? (op >> 6) & 7 : r[(op >> 6) & 7];
        const rest = (x - y) | 0;
        carry = x >>> 0 >= y >>> 0 ? 1 : 0;
        over = ((x ^ y) & (x ^ rest)) >>> 31;
        r[low] = neg = zero = rest;
        continue;
      }
      case 8:
        r[(op >> 8) & 7] = neg = zero = op & 0xff;
        continue;
      case 9: {
        const x = r[(op >> 8) & 7];
        const y = op & 0xff;
        const rest = (x - y) | 0;
        carry = x >>> 0 >= y ? 1 : 0;
        over = ((x ^ y) & (x ^ rest)) >>> 31;
        neg = zero = rest;
        continue;
      }
      case 10: {
        const d = (op >> 8) & 7;
        const x = r[d];
        const y = op & 0xff;
        const sum = (x + y) | 0;
        carry = sum >>> 0 < x >>> 0 ? 1 : 0;
        over = ((x ^ sum) & (y ^ sum)) >>> 31;
        r[d] = neg = zero = sum;
        continue;
      }
      case 11: {
        const d = (op >> 8) & 7;
        const x = r[d];
        const y = op & 0xff;
        const rest = (x - y) | 0;
        carry = x >>> 0 >= y ? 1 : 0;
        over = ((x ^ y) & (x ^ rest)) >>> 31;
        r[d] = neg = zero = rest;
        continue;
      }
      case 12:
        r[low] = neg = zero = r[low] & r[mid];
        continue;
      case 13:
        r[low] = neg = zero = r[low] ^ r[mid];
        continue;
      case 14: {
        const s = r[mid] & 0xff;
        if (s > 31) break;
        const x = r[low];
        if (s) carry = (x >>> (32 - s)) & 1;
        r[low] = neg = zero = x << s;
        continue;
      }
      case 15: {
        const s = r[mid] & 0xff;
        if (s > 31) break;
        const x = r[low];
        if (s) carry = (x >>> (s - 1)) & 1;
        r[low] = neg = zero = (x >>> s) | 0;
        continue;
      }
      case 16: {
        const s = r[mid] & 0xff;
        if (s > 31) break;
        const x = r[low];
        if (s) carry = (x >>> (s - 1)) & 1;
        r[low] = neg = zero = x >> s;
        continue;
      }
      case 17: {
        const x = r[low];
        const y = r[mid];
        const sum = (x + y + carry) | 0;
        carry = ((x & y) | ((x | y) & ~sum)) >>> 31;
        over = ((x ^ sum) & (y ^ sum)) >>> 31;
        r[low] = neg = zero = sum;
        continue;
      }
      case 18: {
        const x = r[low];
        const y = ~r[mid];
        const sum = (x + y + carry) | 0;
        carry = ((x & y) | ((x | y) & ~sum)) >>> 31;
        over = ((x ^ sum) & (y ^ sum)) >>> 31;
        r[low] = neg = zero = sum;
        continue;
      }
      case 19:
        neg = zero = r[low] & r[mid];
        continue;
      case 20: {
        const x = r[mid];
        const rest = -x | 0;
        carry = x === 0 ? 1 : 0;
        over = (x & rest) >>> 31;
        r[low] = neg = zero = rest;
        continue;
      }
      case 21: {
        const x = r[low];
        const y = r[mid];
        const rest = (x - y) | 0;
        carry = x >>> 0 >= y >>> 0 ? 1 : 0;
        over = ((x ^ y) & (x ^ rest)) >>> 31;
        neg = zero = rest;
        continue;
      }
      case 22:
        r[low] = neg = zero = r[low] | r[mid];
        continue;
      case 23:
        r[low] = neg = zero = Math.imul(r[low], r[mid]);
        continue;
      case 24:
        r[low] = neg = zero = r[low] & ~r[mid];
        continue;
      case 25:
        r[low] = neg = zero = ~r[mid];
        continue;
      case 26: {
        const d = low | ((op >> 4) & 8);
        const m = (op >> 3) & 15;
        if (d >= SP || m === PC) break;
        r[d] = (r[d] + r[m]) | 0;
        continue;
      }
      case 27: {
        const d = low | ((op >> 4) & 8);
        const m = (op >> 3) & 15;
        if (d === PC || m === PC) break;
        const x = r[d];
        const y = r[m];
        const rest = (x - y) | 0;
        carry = x >>> 0 >= y >>> 0 ? 1 : 0;
        over = ((x ^ y) & (x ^ rest)) >>> 31;
        neg = zero = rest;
        continue;
      }
      case 28: {
        const d = low | ((op >> 4) & 8);
        const m = (op >> 3) & 15;
        if (m === PC || d === SP) break;
        if (d === PC) {
          pc = r[m] & ~1;
          cycles += 1;
          continue;
        }
        r[d] = r[m];
        continue;
      }
      case 29: {
        const m = (op >> 3) & 15;
        const to = r[m];
        if (m === PC || to >>> 28 === 15) break; // may return from an exception
        pc = to & ~1;
        cycles += 1;
        continue;
      }
      case 30: {
        const m = (op >> 3) & 15;
        if (m >= LR) break;
        r[LR] = pc | 1;
        pc = r[m] & ~1;
        cycles += 1;
        continue;
      }
      case 31: {
        const at = ((pc + 2) & ~3) + ((op & 0xff) << 2);
        if (at >>> 24 === FLASH) r[(op >> 8) & 7] = flash32[(at & 0xffffff) >> 2];
        else if ((at - RAM) >>> 0 < RAM_SIZE) r[(op >> 8) & 7] = ram32[(at - RAM) >> 2];
        else break;
        cycles += 1;
        continue;
      }
      case 32: {
        const at = (r[mid] + r[(op >> 6) & 7] - RAM) | 0;
        if (at >>> 0 >= RAM_SIZE || at & 3) break;
        ram32[at >> 2] = r[low];
        cycles += 1;
        continue;
      }
      case 33: {
        const at = (r[mid] + r[(op >> 6) & 7] - RAM) | 0;
        if (at >>> 0 >= RAM_SIZE || at & 1) break;
        ram16[at >> 1] = r[low];
        cycles += 1;
        continue;
      }
      case 34: {
        const at = (r[mid] + r[(op >> 6) & 7] - RAM) | 0;
        if (at >>> 0 >= RAM_SIZE) break;
        ram8[at] = r[low];
        cycles += 1;
        continue;
      }
      case 35: {
        const at = (r[mid] + r[(op >> 6) & 7]) | 0;
        if (at >>> 24 === FLASH) r[low] = (flash8[at & 0xffffff] << 24) >> 24;
        else if ((at - RAM) >>> 0 < RAM_SIZE) r[low] = (ram8[at - RAM] << 24) >> 24;
        else break;
        cycles += 1;
        continue;
      }
      case 36: {
        const at = (r[mid] + r[(op >> 6) & 7]) | 0;
        if (at & 3) break;
        if (at >>> 24 === FLASH) r[low] = flash32[(at & 0xffffff) >> 2];
        else if ((at - RAM) >>> 0 < RAM_SIZE) r[low] = ram32[(at - RAM) >> 2];
        else break;
        cycles += 1;
        continue;
      }
      case 37: {
        const at = (r[mid] + r[(op >> 6) & 7]) | 0;
        if (at & 1) break;
        if (at >>> 24 === FLASH) r[low] = flash16[(at & 0xffffff) >> 1];
        else if ((at - RAM) >>> 0 < RAM_SIZE) r[low] = ram16[(at - RAM) >> 1];
        else break;
        cycles += 1;
        continue;
      }
      case 38: {
        const at = (r[mid] + r[(op >> 6) & 7]) | 0;
        if (at >>> 24 === FLASH) r[low] = flash8[at & 0xffffff];
        else if ((at - RAM) >>> 0 < RAM_SIZE) r[low] = ram8[at - RAM];
        else break;
        cycles += 1;
        continue;
      }
      case 39: {
        const at = (r[mid] + r[(op >> 6) & 7]) | 0;
        if (at & 1) break;
        if (at >>> 24 === FLASH) r[low] = (flash16[(at & 0xffffff) >> 1] << 16) >> 16;
        else if ((at - RAM) >>> 0 < RAM_SIZE) r[low] = (ram16[(at - RAM) >> 1] << 16) >> 16;
        else break;
        cycles += 1;
        continue;
      }
      case 40: {
        const at = (r[mid] + ((op >> 4) & 0x7c) - RAM) | 0;
        if (at >>> 0 >= RAM_SIZE || at & 3) break;
        ram32[at >> 2] = r[low];
        cycles += 1;
        continue;
      }
      case 41: {
        const at = (r[mid] + ((op >> 4) & 0x7c)) | 0;
        if (at & 3) break;
        if (at >>> 24 === FLASH) r[low] = flash32[(at & 0xffffff) >> 2];
        else if ((at - RAM) >>> 0 < RAM_SIZE) r[low] = ram32[(at - RAM) >> 2];
        else break;
        cycles += 1;
        continue;
      }
      case 42: {
        const at = (r[mid] + ((op >> 6) & 0x1f) - RAM) | 0;
        if (at >>> 0 >= RAM_SIZE) break;
        ram8[at] = r[low];
        cycles += 1;
        continue;
      }
      case 43: {
        const at = (r[mid] + ((op >> 6) & 0x1f)) | 0;
        if (at >>> 24 === FLASH) r[low] = flash8[at & 0xffffff];
        else if ((at - RAM) >>> 0 < RAM_SIZE) r[low] = ram8[at - RAM];
        else break;
        cycles += 1;
        continue;
      }
      case 44: {
        const at = (r[mid] + ((op >> 5) & 0x3e) - RAM) | 0;
        if (at >>> 0 >= RAM_SIZE || at & 1) break;
        ram16[at >> 1] = r[low];
        cycles += 1;
        continue;
      }
      case 45: {
        const at = (r[mid] + ((op >> 5) & 0x3e)) | 0;
        if (at & 1) break;
        if (at >>> 24 === FLASH) r[low] = flash16[(at & 0xffffff) >> 1];
        else if ((at - RAM) >>> 0 < RAM_SIZE) r[low] = ram16[(at - RAM) >> 1];
        else break;
        cycles += 1;
        continue;
      }
      case 46: {
        const at = (r[SP] + ((op & 0xff) << 2) - RAM) | 0;
        if (at >>> 0 >= RAM_SIZE || at & 3) break;
        ram32[at >> 2] = r[(op >> 8) & 7];
        cycles += 1;
        continue;
      }
      case 47: {
        const at = (r[SP] + ((op & 0xff) << 2) - RAM) | 0;
        if (at >>> 0 >= RAM_SIZE || at & 3) break;
        r[(op >> 8) & 7] = ram32[at >> 2];
        cycles += 1;
        continue;
      }
      case 48:
        r[(op >> 8) & 7] = ((pc + 2) & ~3) + ((op & 0xff) << 2);
        continue;
      case 49:
        r[(op >> 8) & 7] = (r[SP] + ((op & 0xff) << 2)) | 0;
        continue;
      case 50:
        r[SP] = (r[SP] + ((op & 0x7f) << 2)) & ~3;
        continue;
      case 51:
        r[SP] = (r[SP] - ((op & 0x7f) << 2)) & ~3;
        continue;
      case 52:
        r[low] = (r[mid] << 16) >> 16;
        continue;
      case 53:
        r[low] = (r[mid] << 24) >> 24;
        continue;
      case 54:
        r[low] = r[mid] & 0xffff;
        continue;
      case 55:
        r[low] = r[mid] & 0xff;
        continue;
      case 56: {
        let list = op & 0xff;
        const link = (op >> 8) & 1;
        const size = 4 * (BITS[list] + link);
        let at = (r[SP] - size - RAM) | 0;
        if (at < 0 || at + size > RAM_SIZE) break;
        r[SP] -= size;
        cycles += BITS[list];
        for (let i = 0; list; i++, list >>= 1) {
          if (list & 1) {
            ram32[at >> 2] = r[i];
            at += 4;
          }
        }
        if (link) ram32[at >> 2] = r[LR];
        continue;
      }
      case 57: {
        let list = op & 0xff;
        const size = 4 * BITS[list];
        let at = (r[SP] - RAM) | 0;
        if (at < 0 || at + size + 4 > RAM_SIZE) break;
        if (op & 0x100) {
          const to = ram32[(at + size) >> 2];
          if (to >>> 28 === 15) break; // may return from an exception
          pc = to & ~1;
          r[SP] += size + 4;
          cycles += 2 + BITS[list];
        } else {
          r[SP] += size;
          cycles += BITS[list];
        }
        for (let i = 0; list; i++, list >>= 1) {
          if (list & 1) {
            r[i] = ram32[at >> 2];
            at += 4;
          }
        }
        continue;
      }
      case 58: {
        const x = r[mid];
        r[low] = (x << 24) | ((x & 0xff00) << 8) | ((x >>> 8) & 0xff00) | (x >>> 24);
        continue;
      }
      case 59: {
        let list = op & 0xff;
        const base = (op >> 8) & 7;
        const size = 4 * BITS[list];
        let at = (r[base] - RAM) | 0;
        if (at < 0 || at + size > RAM_SIZE || at & 3 || list & (1 << base)) break;
        r[base] += size;
        cycles += BITS[list];
        for (let i = 0; list; i++, list >>= 1) {
          if (list & 1) {
            ram32[at >> 2] = r[i];
            at += 4;
          }
        }
        continue;
      }
      case 60: {
        let list = op & 0xff;
        const base = (op >> 8) & 7;
        const size = 4 * BITS[list];
        const from = r[base];
        const inFlash = from >>> 24 === FLASH;
        let at = inFlash ? from & 0xffffff : (from - RAM) | 0;
        if (at < 0 || (!inFlash && at + size > RAM_SIZE) || at & 3) break;
        r[base] = from + size; // or what is loaded there
        cycles += BITS[list];
        for (let i = 0; list; i++, list >>= 1) {
          if (list & 1) {
            r[i] = inFlash ? flash32[at >> 2] : ram32[at >> 2];
            at += 4;
          }
        }
        continue;
      }
      case 61: {
        if ((op & 0xe00) === 0xe00) break;
        let holds;
        switch ((op >> 9) & 7) {
          case 0: holds = zero === 0; break;
          case 1: holds = carry === 1; break;
          case 2: holds = neg < 0; break;
          case 3: holds = over === 1; break;
          case 4: holds = carry === 1 && zero !== 0; break;
          case 5: holds = neg < 0 === (over === 1); break;
          default: holds = zero !== 0 && neg < 0 === (over === 1);
        }
        if (holds === ((op & 0x100) === 0)) {
          pc = (pc + 2 + ((op << 24) >> 23)) | 0;
          cycles += 1;
        }
        continue;
      }
      case 62:
        pc = (pc + 2 + ((op << 21) >> 20)) | 0;
        cycles += 1;
        continue;
      case 63: {
        const next = pc >>> 24 === FLASH ? flash16[(pc & 0xffffff) >> 1] : ram16[(pc - RAM) >> 1];
        if ((next & 0xd000) !== 0xd000) break;
        const sign = (op << 21) >> 31;
        const ones = ~(next ^ (sign & 0x2800)) & 0x2800; // J1 and J2, with the sign in them
        const offset = (sign << 24) | ((ones & 0x2000) << 10) | ((ones & 0x800) << 11) | ((op & 0x3ff) << 12)
          | ((next & 0x7ff) << 1);
        r[LR] = (pc + 2) | 1;
        pc = (pc + 2 + offset) | 0;
        cycles += 2;
        continue;
      }
    }
    pc -= 2;
    cycles -= 1;
    left = 1;
    break;
  }

  r[PC] = pc;
  flags[N] = neg;
  flags[Z] = zero;
  flags[C] = carry;
  flags[V] = over;
  flags[CYCLES] = cycles;
  flags[LEFT] = left;
  return n;
}

// Execute some of each kind, with operands of all kinds: the engine compiles stretch() for what it has seen of it, and
// compiles it again, at a third of a second each, whenever it sees more.
export function practise(mcu) {
  const thumb = new Thumb(mcu);
  const { core, registers, ram16, flash16 } = thumb;
  let state = 1;
  const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 8;
  const operands = [() => random() << 8, () => RAM + 4 * (random() % 1024), () => RAM + (random() % RAM_SIZE),
    () => 0x10000000 + 4 * (random() % 65536), () => 4 * (random() % 12)];
  for (let i = 0; i < 64 * ENCODINGS.length; i++) {
    const encoding = ENCODINGS[i % ENCODINGS.length].replaceAll('.', () => random() % 2);
    ram16[0] = flash16[0] = parseInt(encoding, 2);
    ram16[1] = flash16[1] = random();
    for (let j = 0; j < SP; j++) registers[j] = operands[random() % operands.length]();
    registers[SP] = RAM + 4096;
    registers[PC] = [0, RAM, 0x10000000][random() % 3];
    core.APSR = random() << 8;
    thumb._stretch(1, LONG);
  }
}
