// The boot ROM's functions for the flash (RP2040 datasheet, 2.8.3.1.3 "Flash Access Functions"): they work on the chip model
// directly, which takes the time that the chip would. `board` has mcu, chip (FlashChip) and ssi.

import { PAGE, SECTOR } from './flash.mjs';
import { plain } from './rom_memory.mjs';

const SSIENR = 0x18000008;
const QSPI_SS_CTRL = 0x4001800c;

// connect_internal_flash, exit_xip, enter_cmd_xip: the SSI is switched off and on, and its FIFO is empty.
const restart = (r, board) => {
  board.mcu.writeUint32(SSIENR, 0);
  return 50;
};

// flush_cache: it also takes back a forced chip select; firmware relies on that.
const flush = (r, board) => {
  board.mcu.writeUint32(QSPI_SS_CTRL, 0);
  return 50;
};

// range_erase(offset, count, block, command)
const erase = (r, board) => {
  for (let i = 0; i < r[1]; i += SECTOR) board.chip.erase(r[0] + i, SECTOR);
  return 50;
};

// range_program(offset, data, count)
const program = (r, board) => {
  const [offset, from, size] = r;
  const source = plain(board, from);
  for (let i = 0; i < size; i += PAGE) {
    board.chip.program(offset + i, source[0].subarray(source[1] + i, source[1] + i + PAGE));
  }
  return 50;
};

export const flash = { IF: restart, EX: restart, CX: restart, FC: flush, RE: erase, RP: program };
