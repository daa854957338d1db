"""The emulated Raspberry Pi Pico: its firmware, the emulator, and the boards that tools/pico runs."""
