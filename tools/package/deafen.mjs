import { PackagingError } from './run.mjs';

/**
 * Variables that make Node change its options, open a debugger, or read or write files before the program starts. A daemon
 * that runs as root must ignore them.
 */
const VARIABLES = [
  'NODE_DEBUG_NATIVE',
  'NODE_EXTRA_CA_CERTS',
  'NODE_ICU_DATA',
  'NODE_OPTIONS',
  'NODE_REDIRECT_WARNINGS',
  'NODE_V8_COVERAGE',
  'OPENSSL_CONF',
];

/** The first byte of the new names; no variable begins with it. */
const NOT_A_LETTER = 0x01;

/**
 * Makes a Node program ignore these variables. Node 20 has no switch for it, so their names in the program's bytes are
 * replaced by unused ones. The environment does not change: programs that the agent starts inherit the variables.
 *
 * @param program the bytes of the program, changed in place
 * @throws {PackagingError} if a name does not occur exactly once
 */
export function deafen(program) {
  for (const name of VARIABLES) {
    const places = literals(program, name);
    if (places.length !== 1) {
      throw new PackagingError(
        `this Node contains ${name} ${places.length} times instead of once; choose another with --node`,
      );
    }
    program[places[0]] = NOT_A_LETTER;
  }
}

/** Returns the offsets at which the program has `text` as a complete C string. */
function literals(program, text) {
  const wanted = Buffer.from(`\0${text}\0`);
  const places = [];
  for (let at = program.indexOf(wanted); at !== -1; at = program.indexOf(wanted, at + 1)) {
    // Skip JavaScript strings in V8's snapshot, which follow their length.
    if (program.readUInt32LE(at - 3) !== text.length) places.push(at + 1);
  }
  return places;
}
