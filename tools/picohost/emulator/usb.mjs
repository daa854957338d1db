// The board's USB serial port (CDC), seen from the host. rp2040js has a host that enumerates the device;
// its serial part answers each read of the device at once, with an empty packet when there is nothing,
// which keeps the device busy for ever. Here a read is held until the host has bytes, as a host
// controller does that has nothing to send (RP2040 datasheet, 4.1 "USB": an OUT buffer that the device has made
// available stays so until a packet comes).

import { USBCDC } from './rp2040js.mjs';

const ENOUGH = 4096; // bytes that may wait for the device

export class UsbSerial {
  // connected(): the device is configured; received(bytes): it has sent something; drained(): there is
  // room for more again.
  constructor(controller, { connected = () => {}, received = () => {}, drained = () => {} } = {}) {
    this.cdc = new USBCDC(controller);
    this.controller = controller;
    this.up = false;
    this.reads = []; // sizes of the device's reads that wait
    this.waiting = []; // chunks for it
    this.length = 0;
    this.drained = drained;
    this.cdc.onDeviceConnected = () => {
      this.up = true;
      connected();
    };
    this.cdc.onSerialData = received;
    controller.onEndpointRead = (endpoint, size) => {
      if (endpoint !== this.cdc.outEndpoint) return;
      this.reads.push(size);
      this.move();
    };
  }

  // Send to the device; false when the caller should wait for drained().
  send(bytes) {
    this.waiting.push(bytes);
    this.length += bytes.length;
    this.move();
    return this.length < ENOUGH;
  }

  // Serve reads of the device with what waits for it.
  move() {
    const was = this.length;
    while (this.reads.length && this.length) {
      const chunk = this.waiting[0];
      const size = Math.min(this.reads.shift(), chunk.length);
      if (size === chunk.length) this.waiting.shift();
      else this.waiting[0] = chunk.subarray(size);
      this.length -= size;
      this.controller.endpointReadDone(this.cdc.outEndpoint, new Uint8Array(chunk.subarray(0, size)));
    }
    if (was >= ENOUGH && this.length < ENOUGH) this.drained();
  }
}
