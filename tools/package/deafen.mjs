import { PackagingError } from './run.mjs';

/**
 * Variables by which Node's own code, before any of ours, is given other options, opens a debugger, reads or writes files.
 * None of it is for a daemon that runs as root.
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

/** No variable that anybody sets begins so. */
const NOT_A_LETTER = 0x01;

/**
 * Makes a Node program look for these variables under names that do not exist. Node 20 has no switch for it, so the names in the
 * program's text are changed in place. The variables themselves stay what they are: programs that the agent starts inherit them.
 *
 * @param program the bytes of the program, which are changed
 * @throws {PackagingError} if a name is not there exactly once
 */
export function deafen(program) {
  for (const name of VARIABLES) {
    const places = literals(program, name);
    if (places.length !== 1) {
      throw new PackagingError(
        `this Node has ${places.length} places that name ${name}, not 1: choose another with --node`,
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
    // In the engine's snapshot a string stands behind its length; those are JavaScript's.
    if (program.readUInt32LE(at - 3) !== text.length) places.push(at + 1);
  }
  return places;
}
