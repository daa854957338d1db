// A boot ROM for the emulated chip. The real one may not be copied, so this one is made here from the
// layout that the datasheet publishes (RP2040 datasheet, 2.8.3 "Bootrom Contents"): tables of two-letter codes and addresses.
// Each function is two instructions, BKPT and BX LR; the emulator stops at the breakpoint and calls the
// JavaScript that stands for it.
//
//   0x00  initial stack, reset vector     0x14  address of the function table
//   0x10  'M' 'u' 1, version              0x16  address of the data table
//                                         0x18  address of the function that looks codes up in them

import { bits, memory } from './rom_memory.mjs';
import { flash } from './rom_flash.mjs';
import { float, double } from './rom_float.mjs';

const SIZE = 16384;
const FIRST = 0x200; // where functions begin: behind the vectors
const BREAKPOINT = 0xbe00;
const RETURN = 0x4770; // BX LR
const THUMB = 1;
const VERSION = 2; // of silicon B1: with double-precision functions
const FLOAT_ENTRIES = 32;
const CYCLE = 8; // ns, at 125 MHz

export class BootRom {
  // board: what the functions work on, see the modules that define them.
  constructor(board) {
    this.board = board;
    this.bytes = new Uint8Array(SIZE);
    this.view = new DataView(this.bytes.buffer);
    this.functions = new Map(); // address of the breakpoint -> function
    this.at = FIRST;
    const find = this._function(tableLookup);
    const functions = Object.entries({ ...bits, ...memory, ...flash, ...system });
    const codes = functions.map(([code, call]) => [code, this._function(call)]);
    const data = [['SF', this._floatTable(float)], ['SD', this._floatTable(double)]];
    this.view.setUint32(0x00, 0x20041f00, true);
    this.view.setUint32(0x04, FIRST | THUMB, true);
    this.bytes.set([0x4d, 0x75, 1, VERSION], 0x10);
    this.view.setUint16(0x14, this._table(codes), true);
    this.view.setUint16(0x16, this._table(data), true);
    this.view.setUint16(0x18, find, true);
  }

  // The image as the emulator takes it.
  get words() {
    return new Uint32Array(this.bytes.buffer);
  }

  // Address of the function with that code, for tests.
  address(code) {
    const wanted = code.charCodeAt(0) | (code.charCodeAt(1) << 8);
    for (let at = this.view.getUint16(0x14, true); this.view.getUint16(at, true); at += 4) {
      if (this.view.getUint16(at, true) === wanted) return this.view.getUint16(at + 2, true);
    }
    return 0;
  }

  // The core has met a breakpoint at `address`: false if it is none of this ROM's.
  call(address, core) {
    const call = this.functions.get(address);
    if (!call) return false;
    const cycles = call(core.registers, this.board, core);
    this.board.clock.tick(cycles * CYCLE);
    return true;
  }

  _function(call) {
    const at = this.at;
    this.at += 4;
    this.view.setUint16(at, BREAKPOINT, true);
    this.view.setUint16(at + 2, RETURN, true);
    this.functions.set(at, call);
    return at | THUMB;
  }

  // A table of pointers to floating-point functions. The byte two before it is their number: the SDK checks that, in
  // pico_float/float_init_rom_rp2040.c.
  _floatTable(calls) {
    const pointers = [];
    for (let offset = 0; offset < FLOAT_ENTRIES * 4; offset += 4) {
      pointers.push(this._function(calls[offset] ?? missing(offset)));
    }
    this.at = (this.at + 7) & ~3;
    this.view.setUint8(this.at - 2, FLOAT_ENTRIES);
    const start = this.at;
    pointers.forEach((pointer, i) => this.view.setUint32(start + 4 * i, pointer, true));
    this.at += 4 * FLOAT_ENTRIES;
    return start;
  }

  _table(rows) {
    const start = this.at;
    for (const [code, value] of rows) {
      this.view.setUint8(this.at, code.charCodeAt(0));
      this.view.setUint8(this.at + 1, code.charCodeAt(1));
      this.view.setUint16(this.at + 2, value, true);
      this.at += 4;
    }
    this.at += 4; // a code of zero ends it
    return start;
  }
}

// rom_table_lookup(table, code): the value beside the code, 0 if it is not there.
function tableLookup(registers, board) {
  const code = registers[1] & 0xffff;
  for (let at = registers[0]; ; at += 4) {
    const found = board.mcu.readUint16(at);
    if (found === 0 || found === code) {
      registers[0] = found === 0 ? 0 : board.mcu.readUint16(at + 2);
      return 20;
    }
  }
}

function missing(offset) {
  return () => {
    throw new Error(`the boot ROM has no floating-point function at ${offset.toString(16)}`);
  };
}

// Entering the USB boot loader, or waiting for the other core: neither is emulated, the chip stands still.
const halt = (registers, board) => {
  board.halt();
  return 1;
};
const system = { UB: halt, WV: halt, DT: () => 1, DE: () => 1 };
