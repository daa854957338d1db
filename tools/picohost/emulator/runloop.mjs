// Lets board time pass: instructions are executed, idle time is waited for or skipped. rp2040js has no
// pace of its own; here board time follows the computer's ("real"), or idle time takes none ("warp").

const SLICE = 8; // ms that one turn takes, then input is looked for
const BATCH = 50000; // instructions between looks at the computer's clock
const EARLY = 0.5; // ms: shorter waits are not worth a timer
const LONGEST = 50; // ms that one wait takes
const NOTHING = 1e6; // ns to go on by where no alarm is set

export class RunLoop {
  constructor(board, { pace = 'real' } = {}) {
    this.board = board;
    this.instructions = 0;
    this.past = 0; // ns of board time before the last reset
    this.until = null; // {at, done}: ns of board time at which warping ends
    this.timer = null;
    this.started = false;
    this.setPace(pace);
  }

  // ns of board time since the first power-on.
  get nanos() {
    return this.past + this.board.clock.nanos;
  }

  // "real", or "warp".
  setPace(pace) {
    this.pace = pace;
    this._synchronise();
    this.kick();
  }

  // Let so many seconds of board time pass as fast as it goes; resolves to how long that took, in s.
  pass(seconds) {
    if (this.until) throw new Error('time is passing already');
    const began = performance.now();
    return new Promise((resolve) => {
      this.until = { at: this.nanos + seconds * 1e9, done: () => resolve((performance.now() - began) / 1000) };
      this.kick();
    });
  }

  start() {
    this.started = true;
    this._synchronise();
    this._turn();
  }

  // Something came from outside: do not go on waiting.
  kick() {
    if (this.timer === null) return;
    clearTimeout(this.timer);
    this.timer = null;
    setImmediate(() => this._turn());
  }

  // Board time and the computer's are equal now.
  _synchronise() {
    this.epoch = performance.now() - this.nanos / 1e6;
  }

  _turn() {
    this.timer = null;
    const end = performance.now() + SLICE;
    let wait = 0;
    do {
      wait = this.board.halted && this.board.pending === null ? LONGEST : this._batch();
      if (this.board.pending !== null) this._reset();
      if (this.until && this.nanos >= this.until.at) this._passed();
    } while (!wait && performance.now() < end);
    if (wait) this.timer = setTimeout(() => this._turn(), wait);
    else setImmediate(() => this._turn());
  }

  _reset() {
    this.past += this.board.clock.nanos;
    this.board.restart();
  }

  _passed() {
    const { done } = this.until;
    this.until = null;
    this._synchronise();
    done();
  }

  // Execute a number of instructions; ms to wait for when the core sleeps.
  _batch() {
    const { board } = this;
    const { clock, thumb } = board;
    const { core } = board.mcu;
    let n = 0;
    let wait = 0;
    while (n < BATCH && board.pending === null && !board.halted) {
      if (!core.waiting) {
        n += thumb.execute(BATCH - n);
        continue;
      }
      n += 1;
      wait = this._sleep(clock);
      if (wait) break;
    }
    this.instructions += n;
    // What was computed more slowly than a board does is not made up for: time goes on from here.
    if (!wait && this.pace === 'real' && performance.now() - this.epoch - this.nanos / 1e6 > LONGEST) this._synchronise();
    return wait;
  }

  // The core waits for an event: go on to the next alarm. Returns ms if that is not yet due.
  _sleep(clock) {
    const alarm = clock.nextAlarm === null ? NOTHING : Math.max(0, clock.nanosToNextAlarm);
    if (this.until) {
      // Not past the end of the time that is to pass.
      clock.tick(Math.min(alarm, Math.max(0, this.until.at - this.nanos)));
      return this.nanos >= this.until.at ? EARLY : 0;
    }
    if (this.pace === 'warp' && clock.nextAlarm !== null) {
      clock.tick(alarm);
      return 0;
    }
    const behind = (performance.now() - this.epoch) * 1e6 - this.nanos;
    if (alarm - behind <= EARLY * 1e6) {
      clock.tick(alarm);
      return 0;
    }
    if (behind > 0) clock.tick(behind);
    return Math.min(LONGEST, Math.max(1, (alarm - Math.max(0, behind)) / 1e6));
  }
}
