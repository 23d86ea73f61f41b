import { constants } from 'node:fs';

// Flags of `open` that Node does not define, on Linux for the architectures that it supports.

/** Opens a file or folder for nothing but its place: without side effect, without waiting for a device, and without the right to read it. */
export const O_PATH = 0o10000000;

/** Creates a file without a name in a folder. */
export const O_TMPFILE: number = 0o20000000 | constants.O_DIRECTORY;
