// One board: the chip with its flash, boot ROM and USB port, from one power-on or reset to the next. A
// reset makes a new chip; the flash, and after a watchdog reset its scratch registers, go over to it.

import { ConsoleLogger, LogLevel, RP2040, SimulationClock } from './rp2040js.mjs';
import { FlashChip } from './flash.mjs';
import { BootRom } from './rom.mjs';
import { HAD_POR, HAD_RUN, qspi, rosc, vreg, xip } from './registers.mjs';
import { Ssi } from './ssi.mjs';
import { practise, Thumb } from './thumb.mjs';
import { UsbSerial } from './usb.mjs';

const SSI = 0x18000;
const XIP_CTRL = 0x14000;
const IO_QSPI = 0x40018;
const WATCHDOG = 0x40058;
const ROSC = 0x40060;
const VREG = 0x40064;
const START = 0x10000000; // the second boot stage

// Why the chip starts.
export const POWER_ON = 'power-on';
export const RUN_PIN = 'run-pin';
export const WATCHDOG_RESET = 'watchdog';
export const POWER_CUT = 'power-cut'; // a power-on, too

practise(new RP2040(new SimulationClock()));

export class Board {
  // flash: Uint8Array of the chip's size, which is written. stored(from, to): the flash has changed.
  // received(bytes), drained(): as of UsbSerial. powered: false, and a reset starts it.
  constructor(flash, { stored = () => {}, received = () => {}, drained = () => {}, powered = true } = {}) {
    this.flash = flash;
    this.stored = stored;
    this.received = (bytes) => {
      this.printed = this.clock.nanos;
      received(bytes);
    };
    this.drained = drained;
    this.boots = 0;
    this.resets = []; // the causes of all starts
    this.halted = '';
    this.printed = 0; // ns of board time since the start, when it last sent something
    this.pending = null; // the cause of a reset that is to come
    this.stays = false; // the power stays away when it is cut
    this.rom = new BootRom(this);
    this.chip = new FlashChip(flash, {
      busy: (ns) => this.clock.tick(ns),
      stored: (from, to) => {
        this.mcu.flash.set(flash.subarray(from, to), from);
        this.stored(from, to);
      },
      cut: () => (this.stays ? this.off() : this.reset(POWER_CUT)),
    });
    this._start(POWER_ON, null);
    if (!powered) {
      this.boots = 0;
      this.resets = [];
      this.off();
    }
  }

  get clock() {
    return this.mcu.clock;
  }

  // Have it reset as soon as the present instruction has ended.
  reset(cause) {
    this.pending = cause;
    this.halted = '';
  }

  // It stands still until the next reset.
  halt(why = 'it left the firmware') {
    this.halted = why;
  }

  // It has no power until the next power cycle.
  off() {
    this.halt('no power');
    this.chip.dead = true;
  }

  // Perform a pending reset.
  restart() {
    const cause = this.pending;
    this.pending = null;
    this._start(cause, this.mcu);
  }

  _start(cause, before) {
    const mcu = new RP2040(new SimulationClock());
    mcu.logger = new ConsoleLogger(LogLevel.Error, false);
    mcu.bootrom.set(this.rom.words);
    mcu.flash.fill(0xff);
    mcu.flash.set(this.flash);
    this.mcu = mcu;
    this.thumb = new Thumb(mcu);
    this.chip.dead = false;
    this.ssi = new Ssi(mcu, this.chip);
    const powered = cause === POWER_ON || cause === POWER_CUT;
    Object.assign(mcu.peripherals, {
      [SSI]: this.ssi,
      [XIP_CTRL]: xip(mcu),
      [IO_QSPI]: qspi(mcu, (value) => this.ssi.setSelect(value)),
      [ROSC]: rosc(mcu),
      [VREG]: vreg(mcu, powered ? HAD_POR : HAD_RUN),
    });
    this._watchdog(mcu.peripherals[WATCHDOG], cause === WATCHDOG_RESET ? before.peripherals[WATCHDOG] : null);
    this.usb = new UsbSerial(mcu.usbCtrl, { received: this.received, drained: this.drained });
    mcu.onBreak = (code) => this._break(code);
    mcu.core.reset();
    // The boot ROM's own start is skipped: it would copy the second stage to RAM and call it (2.8.1 "Processor
    // Controlled Boot Sequence").
    mcu.core.PC = START;
    mcu.core.LR = 0;
    this.printed = 0;
    this.boots += 1;
    this.resets.push(cause);
    this.drained();
  }

  // A watchdog reset keeps the scratch registers and says so in REASON; a power-on or the RUN pin clears
  // both (RP2040 datasheet, 4.7 "Watchdog": scratch registers, REASON).
  _watchdog(watchdog, before) {
    if (before) {
      watchdog.scratchData.set(before.scratchData);
      watchdog.reason = before.reason;
    }
    watchdog.onWatchdogTrigger = () => {
      this.reset(WATCHDOG_RESET);
      // rp2040js would arm the expired alarm again, with no delay, and never come out of its clock.
      watchdog.alarm.enable = false;
      watchdog.timer.enable = false;
    };
  }

  _break(code) {
    const { core } = this.mcu;
    const at = (core.PC - 2) >>> 0;
    if (!this.rom.call(at, core)) this.halt(`breakpoint ${code} at ${at.toString(16)}`);
  }
}
