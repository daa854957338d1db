// Where the emulator's npm package is: RP2040JS names its folder, as it is not below this one.
// What it exports by deep paths is gathered here, so that one place knows them.

import path from 'node:path';
import { pathToFileURL } from 'node:url';

const folder = path.join(process.env.RP2040JS ?? 'build/pico/node_modules/rp2040js', 'dist', 'esm');
const load = (file) => import(pathToFileURL(path.resolve(folder, file)).href);

export const { RP2040 } = await load('rp2040.js');
export const { SimulationClock } = await load('clock/simulation-clock.js');
export const { USBCDC } = await load('usb/cdc.js');
export const { BasePeripheral } = await load('peripherals/peripheral.js');
export const { ConsoleLogger, LogLevel } = await load('utils/logging.js');
