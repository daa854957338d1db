// The synchronous serial interface between RP2040 and flash chip, as far as code outside of the boot ROM
// drives it (RP2040 datasheet, 4.10 "SSI"): it sends single bytes through the data register. Reads from
// 0x10000000 on (XIP) do not come here: rp2040js serves them from memory.

import { BasePeripheral } from './rp2040js.mjs';

const SSIENR = 0x08;
const TXFLR = 0x20;
const RXFLR = 0x24;
const SR = 0x28;
const IDR = 0x58;
const VERSION = 0x5c;
const DR0 = 0x60;
const DR_END = 0xf0;

const TRANSMIT_NOT_FULL = 0x02;
const TRANSMIT_EMPTY = 0x04;
const RECEIVE_NOT_EMPTY = 0x08;
const FIFO = 16;

// GPIO_QSPI_SS_CTRL.OUTOVER, which forces chip select: see registers.mjs.
const AS_DRIVEN = 0;
const HIGH = 3;

export class Ssi extends BasePeripheral {
  constructor(rp2040, chip) {
    super(rp2040, 'SSI');
    this.chip = chip;
    this.registers = new Map();
    this.received = [];
    this.select = AS_DRIVEN;
  }

  // Chip select is forced low, high, or no longer; each change ends what the chip was told.
  setSelect(value) {
    if (value === this.select) return;
    this.chip.release();
    this.select = value;
  }

  readUint32(offset) {
    if (offset >= DR0 && offset < DR_END) {
      const value = this.received.shift() ?? 0;
      if (!this.received.length) this.idle();
      return value;
    }
    if (offset === SR) return TRANSMIT_NOT_FULL | TRANSMIT_EMPTY | (this.received.length ? RECEIVE_NOT_EMPTY : 0);
    if (offset === TXFLR) return 0;
    if (offset === RXFLR) return this.received.length;
    if (offset === IDR) return 0x51535049;
    if (offset === VERSION) return 0x3430312a;
    return this.registers.get(offset) ?? 0;
  }

  writeUint32(offset, value) {
    if (offset >= DR0 && offset < DR_END) {
      this.received.push(this.select === HIGH ? 0xff : this.chip.transfer(value & 0xff));
      if (this.received.length > FIFO) this.received.shift();
      return;
    }
    if (offset === SSIENR) {
      this.received.length = 0;
      this.idle();
    }
    this.registers.set(offset, value >>> 0);
  }

  // Nothing more to send: where it drives chip select itself, that goes up.
  idle() {
    if (this.select === AS_DRIVEN) this.chip.release();
  }
}
