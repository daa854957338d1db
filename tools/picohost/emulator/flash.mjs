// The NOR flash chip of a Pico: a model of the W25Q16JV (its datasheet's chapters on status registers, instructions, and
// AC electrical characteristics). rp2040js has a flash that cannot be written; littlefs needs one that behaves:
// programming only clears bits and wraps within a page, erasing sets a whole sector, both need to be
// allowed first, and both take their time.

export const PAGE = 256;
export const SECTOR = 4096;

// Instructions.
const PAGE_PROGRAM = 0x02;
const READ = 0x03;
const WRITE_DISABLE = 0x04;
const READ_STATUS1 = 0x05;
const WRITE_ENABLE = 0x06;
const READ_STATUS2 = 0x35;
const READ_UNIQUE_ID = 0x4b;
const READ_JEDEC_ID = 0x9f;
const ERASES = new Map([[0x20, SECTOR], [0x52, 32768], [0xd8, 65536]]);

const WRITE_ENABLED = 0x02; // in status 1
const QUAD_ENABLED = 0x02; // in status 2: the second boot stage sets it where it is not
const JEDEC_ID = [0xef, 0x40, 0x15];
const UNIQUE_ID = [0xe6, 0x60, 0x58, 0x38, 0x83, 0x0a, 0xbc, 0x2d];

// Typical times of the datasheet, in ns.
const TIMES = new Map([[SECTOR, 45e6], [32768, 120e6], [65536, 150e6], [PAGE, 0.4e6]]);

export class FlashChip {
  // memory: a Uint8Array, the chip's cells. Called for each operation that ended:
  //   busy(ns)             lets time pass
  //   stored(from, to)     cells have changed
  //   cut()                the power goes: see cutAfter()
  constructor(memory, { busy = () => {}, stored = () => {}, cut = () => {} } = {}) {
    this.memory = memory;
    this.busy = busy;
    this.stored = stored;
    this.cut = cut;
    this.erases = 0;
    this.programs = 0;
    this.left = 0; // operations until the power goes; 0: it stays
    this.torn = false;
    this.dead = false; // the power is gone: nothing is written any more
    this.writable = false;
    this.release();
  }

  // Have the power cut at the n-th operation from now on: behind it, or, `torn`, in its middle.
  cutAfter(n, torn = false) {
    this.left = n;
    this.torn = torn;
  }

  // Set all bits of `size` bytes, a sector or a larger block, from the block on that `address` lies in.
  erase(address, size = SECTOR) {
    const from = (address % this.memory.length) & ~(size - 1);
    const whole = this._begin();
    this.erases += 1;
    this._write(from, from + size, (at) => (whole || at < from + size / 2 ? 0xff : this.memory[at]), TIMES.get(size));
  }

  // Clear bits of one page: it wraps within the page, and the last 256 bytes count.
  program(address, data) {
    const base = (address % this.memory.length) & ~(PAGE - 1);
    const page = this.memory.slice(base, base + PAGE);
    const first = Math.max(0, data.length - PAGE);
    const whole = this._begin();
    const last = whole ? data.length : first + ((data.length - first) >> 1);
    for (let i = first; i < last; i++) page[((address & (PAGE - 1)) + i) & (PAGE - 1)] &= data[i];
    this.programs += 1;
    this._write(base, base + PAGE, (at) => page[at - base], TIMES.get(PAGE));
  }

  // False if the operation that begins is torn.
  _begin() {
    return !(this.left === 1 && this.torn);
  }

  _write(from, to, value, time) {
    if (this.dead) return;
    for (let at = from; at < to; at++) this.memory[at] = value(at);
    this.writable = false;
    this.stored(from, to);
    this.busy(time);
    if (this.left && --this.left === 0) {
      this.dead = true;
      this.cut();
    }
  }

  // ---- its serial interface: one byte in, one byte out, until it is released ----

  transfer(byte) {
    const n = this.count++;
    if (n === 0) {
      this.instruction = byte;
      if (byte === WRITE_ENABLE) this.writable = true;
      if (byte === WRITE_DISABLE) this.writable = false;
      return 0xff;
    }
    const code = this.instruction;
    if (code === READ_STATUS1) return this.writable ? WRITE_ENABLED : 0;
    if (code === READ_STATUS2) return QUAD_ENABLED;
    if (code === READ_JEDEC_ID) return JEDEC_ID[(n - 1) % JEDEC_ID.length];
    if (code === READ_UNIQUE_ID) return n < 5 ? 0xff : UNIQUE_ID[(n - 5) % UNIQUE_ID.length];
    if (code === READ || code === PAGE_PROGRAM || ERASES.has(code)) {
      if (n <= 3) this.address = (this.address << 8) | byte;
      else if (code === READ) return this.memory[(this.address + n - 4) % this.memory.length];
      else if (code === PAGE_PROGRAM) this.data.push(byte);
    }
    return 0xff;
  }

  // Chip select goes up: an erase or a program that was sent completely, and no more, happens now.
  release() {
    const { instruction, count, address, data } = this;
    this.instruction = -1;
    this.count = this.address = 0;
    this.data = [];
    if (!this.writable) return;
    if (ERASES.has(instruction) && count === 4) this.erase(address, ERASES.get(instruction));
    else if (instruction === PAGE_PROGRAM && data.length) this.program(address, data);
  }
}
