/** Commands of probe.firmware.ts, the first byte of a datagram. */
export const ECHO = 0;
export const MEASURE = 1;
export const READ = 2;
export const ERASE = 3;
export const RAISE = 4;
export const THROW = 5;
export const HANG = 6;
export const OVERFLOW = 7;
export const RECURSE = 8;
export const FREEZE = 9;
export const EXIT = 10;
