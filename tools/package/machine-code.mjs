import { PackagingError, run } from './run.mjs';

/** The memory that V8 reserves for compiled code, in bytes, instead of 512 MiB. The agent's code takes less than 16 MiB. */
const CODE_RANGE_BYTES = 128 * 1024 * 1024;

const DEFAULT_CODE_RANGE_BYTES = 512 * 1024 * 1024;

const RETURN = 0xc3;

/**
 * Changes of functions of Node for which Node 20 has no switch. Each receives the bytes of one function, to change in
 * place, and returns whether they were as expected.
 */
const CHANGES = [
  {
    // The handler of SIGUSR1, until the agent sets its own: it would wake the thread that opens the debugger.
    // Compilers differ in the prefix of functions of one file.
    symbol: '_ZN4node9inspector12_GLOBAL__N_1L?19StartIoThreadWakeupEiP9siginfo_tPv',
    change(code) {
      code[0] = RETURN;
      return true;
    },
  },
  {
    // The default range does not fit in an address space of 512 MiB (RLIMIT_AS): V8 would end the process by a trap.
    symbol: '_ZN2v88internal4Heap5SetUpEPNS0_9LocalHeapE',
    change(code) {
      const wanted = Buffer.alloc(4);
      wanted.writeUInt32LE(DEFAULT_CODE_RANGE_BYTES);
      const place = code.indexOf(wanted);
      if (place === -1 || code.includes(wanted, place + 1)) return false;
      code.writeUInt32LE(CODE_RANGE_BYTES, place);
      return true;
    },
  },
];

/** The text with which V8 ends the process if the code range does not fit, and a text that names the cause. */
const TRAP = 'Failed to reserve virtual memory for CodeRange';
const CAUSE = 'RLIMIT_AS is below the 512 MiB of guestd';

/**
 * Changes the machine code of a Node program for x86-64.
 *
 * @param node the path of the program with its symbols
 * @param program the bytes of the same program, with or without symbols, changed in place
 * @throws {PackagingError} if a function or text is not found or is not as expected
 */
export function changeMachineCode(node, program) {
  const symbols = run('nm', ['--print-size', node], { debianPackage: 'binutils', maxBuffer: 1 << 28 });
  for (const { symbol, change } of CHANGES) {
    const [, address, size] = new RegExp(`^([0-9a-f]+) ([0-9a-f]+) t ${symbol}$`, 'im').exec(symbols) ?? [];
    const code =
      size === undefined ? undefined : bytesAt(program, Number(`0x${address}`), Number(`0x${size}`));
    if (code === undefined || !change(code)) {
      throw new PackagingError(
        `the function ${symbol} of this Node is missing or differs; choose another with --node, with its symbols`,
      );
    }
  }
  const place = program.indexOf(`${TRAP}\0`);
  if (place === -1)
    throw new PackagingError(`this Node lacks the text "${TRAP}"; choose another with --node`);
  program.write(`${CAUSE}\0`, place, 'latin1');
}

/** Returns the bytes of an ELF file that are loaded at an address; undefined if it has no such bytes. */
function bytesAt(program, address, size) {
  const table = Number(program.readBigUInt64LE(32));
  const entrySize = program.readUInt16LE(54);
  for (let index = 0; index < program.readUInt16LE(56); index++) {
    const header = program.subarray(table + index * entrySize);
    const start = Number(header.readBigUInt64LE(16));
    const length = Number(header.readBigUInt64LE(32));
    const isLoaded = header.readUInt32LE(0) === 1;
    if (!isLoaded || address < start || address + size > start + length) continue;
    const offset = Number(header.readBigUInt64LE(8)) + address - start;
    return program.subarray(offset, offset + size);
  }
  return undefined;
}
