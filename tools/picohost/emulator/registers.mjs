// Registers that rp2040js does not have, as plain memory: a program reads what it or the chip wrote.
// Their values after a reset are those that MicroPython waits for or looks at. Chapters are named by their titles in
// the RP2040 datasheet; its editions number some differently.

import { BasePeripheral } from './rp2040js.mjs';

export class Registers extends BasePeripheral {
  // values: {offset: value after a reset}; written(offset, value) is called for each write.
  constructor(rp2040, name, values = {}, written = () => {}) {
    super(rp2040, name);
    this.values = new Map(Object.entries(values).map(([offset, value]) => [Number(offset), value]));
    this.written = written;
  }

  readUint32(offset) {
    return this.values.get(offset & 0xfff) ?? 0;
  }

  writeUint32(offset, value) {
    this.values.set(offset & 0xfff, value >>> 0);
    this.written(offset & 0xfff, value >>> 0);
  }
}

// XIP_CTRL: the flash cache is on, nothing streams (2.6.3 "Flash", CTRL and STAT).
export const xip = (rp2040) => new Registers(rp2040, 'XIP_CTRL', { 0x00: 0x3, 0x08: 0x2 });

// The ring oscillator: STATUS says enabled and stable, RANDOMBIT is always 1 (2.17 "Ring Oscillator").
export const rosc = (rp2040) => new Registers(rp2040, 'ROSC', { 0x18: 0x80001000, 0x1c: 1 });

// The regulator, which is in regulation, and the cause of a reset: power-on, or a low RUN pin ("Chip-Level Reset",
// CHIP_RESET).
export const HAD_POR = 1 << 8;
export const HAD_RUN = 1 << 16;
export const vreg = (rp2040, cause) => new Registers(rp2040, 'VREG_AND_CHIP_RESET', { 0x00: 0x10b1, 0x08: cause });

// The pins of the flash: GPIO_QSPI_SS_CTRL (0x0c) may force chip select by OUTOVER, bits 8 and 9 (2.19 "GPIO", IO of
// the QSPI bank).
export const qspi = (rp2040, setSelect) =>
  new Registers(rp2040, 'IO_QSPI', {}, (offset, value) => offset === 0x0c && setSelect((value >> 8) & 3));
