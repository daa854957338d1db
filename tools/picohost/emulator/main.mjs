// The emulator's process, started by ../daemon.py with three open files, whose numbers are its arguments:
// the USB serial port, the commands, the flash image. The image is written at each erase and program, so that
// a process that is killed loses nothing that the chip had; it ends when the commands end. A fourth argument, "off": the
// board gets its power by `powercycle`.

import fs from 'node:fs';
import net from 'node:net';
import readline from 'node:readline';
import { Board, POWER_ON, RUN_PIN } from './board.mjs';
import { RunLoop } from './runloop.mjs';

const [SERIAL, COMMANDS, IMAGE] = process.argv.slice(2, 5).map(Number);

const size = fs.fstatSync(IMAGE).size;
const flash = new Uint8Array(size);
fs.readSync(IMAGE, flash, 0, size, 0);

const serial = new net.Socket({ fd: SERIAL });
let record = null; // a file that takes each flash operation: two words, where it is and how long, then its bytes
const board = new Board(flash, {
  stored: (from, to) => {
    fs.writeSync(IMAGE, flash, from, to - from, from);
    if (record !== null) note(from, to);
  },
  received: (bytes) => serial.write(Buffer.from(bytes)),
  drained: () => serial.resume(),
  powered: process.argv[5] !== 'off',
});
const loop = new RunLoop(board);
serial.on('data', (data) => {
  if (!board.usb.send(data)) serial.pause();
  loop.kick();
});
serial.on('error', () => {});

const commands = {
  status: () => ({}),
  powercycle: () => reset(POWER_ON),
  reset: () => reset(RUN_PIN),
  'cut-after': ({ operations, torn, stay = false }) => {
    board.stays = stay;
    board.chip.cutAfter(operations, torn);
    return {};
  },
  record: ({ path }) => {
    if (record !== null) fs.closeSync(record);
    record = path ? fs.openSync(path, 'w') : null;
    return {};
  },
  pace: ({ pace }) => {
    loop.setPace(pace);
    return {};
  },
  pass: async ({ seconds }) => ({ took: await loop.pass(seconds) }),
};

function note(from, to) {
  fs.writeSync(record, new Uint8Array(Uint32Array.of(from, to - from).buffer));
  fs.writeSync(record, flash, from, to - from);
}

// Answers when the new start has begun.
function reset(cause) {
  board.reset(cause);
  loop.kick();
  return new Promise((resolve) => {
    const look = () => (board.pending === null ? resolve({}) : setImmediate(look));
    look();
  });
}

function status() {
  const { chip, usb } = board;
  return {
    state: board.halted ? `halted: ${board.halted}` : chip.left ? 'running, power to be cut' : 'running',
    boots: board.boots,
    reset: board.resets.at(-1) ?? 'none',
    seconds: board.clock.nanos / 1e9, // of board time since the last start
    printed: board.printed / 1e9, // of those, when it last sent something
    total: loop.nanos / 1e9,
    instructions: loop.instructions,
    usb: usb.up,
    erases: chip.erases,
    programs: chip.programs,
    'cut-after': chip.left,
    pace: loop.pace,
  };
}

// One JSON object a line; so is the answer, which has the same `id`.
const wire = new net.Socket({ fd: COMMANDS });
wire.on('error', () => process.exit(0));
const lines = readline.createInterface({ input: wire });
lines.on('line', async (line) => {
  const { id, command, ...values } = JSON.parse(line);
  try {
    const found = await commands[command](values);
    wire.write(JSON.stringify({ id, ...status(), ...found }) + '\n');
  } catch (error) {
    wire.write(JSON.stringify({ id, error: error.message }) + '\n');
  }
});
lines.on('close', () => process.exit(0));
loop.start();
