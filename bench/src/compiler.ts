import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { gunzipSync } from 'node:zlib';
import { projectFolder } from '@guestwire/test/agents';
import type { Extent, Take } from './samples.js';

/** The schema in Debian's package `qemu-guest-agent`. */
const SCHEMA = '/usr/share/doc/qemu-guest-agent/qapi-schema.json.gz';

const generate = (schema: string, folder: string): readonly string[] => [
  process.execPath,
  join(projectFolder, 'packages/qapi/bin/qapi.js'),
  ...['generate', schema, '--all', '--quiet', '-o', folder],
];

/** Runs a program; returns its wall-clock time, and the CPU time of all its threads, in milliseconds. */
function timesOf(command: readonly string[]): { readonly wall: number; readonly cpu: number } {
  const script = 'TIMEFORMAT="%3R %3U %3S"; { time "$@" > /dev/null 2>&3; } 3>&2 2>&1';
  // With it, Node parses all certificates of the system before every program: 37 ms that are not the compiler's.
  const { NODE_EXTRA_CA_CERTS: _certificates, ...env } = process.env;
  const output = execFileSync('/bin/bash', ['-ec', script, 'bash', ...command], { encoding: 'utf8', env });
  const [wall = 0, user = 0, system = 0] = output.trim().split(' ').map(Number);
  return { wall: 1000 * wall, cpu: 1000 * (user + system) };
}

/** Measures a run of the compiler that checks and generates a schema, in milliseconds. */
export function timeOfCompiler(schema: string, folder: string): number {
  return timesOf(generate(schema, folder)).wall;
}

/** The columns: ours, and QEMU's own compiler. */
const OURS = 'qapi';
const QEMUS = 'qapi-gen.py';

/**
 * Measures the compiler with QEMU's agent schema, if it is on this machine; and with QEMU's QMP schema beside QEMU's own compiler, each
 * with all files that it generates, if GUESTWIRE_QEMU_SOURCE is a source tree of QEMU.
 *
 * @returns the names of the columns
 */
export function measureCompiler(
  { rounds, say, folder }: Extent & { readonly folder: string },
  take: Take,
): readonly string[] {
  const qmp = qmpCompilers(folder);
  if (!existsSync(SCHEMA)) say(`the compiler is not measured with the agent's schema: ${SCHEMA} is missing`);
  if (qmp === undefined)
    say("the compiler is not compared with QEMU's: GUESTWIRE_QEMU_SOURCE is not a source tree of QEMU");
  for (let round = 1; round <= rounds; round++) {
    say(`compiler, round ${round} of ${rounds}`);
    if (existsSync(SCHEMA)) {
      const file = join(folder, 'qga.json');
      writeFileSync(file, gunzipSync(readFileSync(SCHEMA)));
      take(OURS, { compiler: timeOfCompiler(file, join(folder, 'generated')) });
    }
    for (const [column, command] of Object.entries(qmp ?? {})) {
      const { wall, cpu } = timesOf(command);
      take(column, { 'compiler.qmp': wall, 'compiler.qmp.cpu': cpu });
    }
  }
  return qmp === undefined ? [OURS] : [OURS, QEMUS];
}

/** Returns the commands that compile QEMU's QMP schema, by column. */
function qmpCompilers(folder: string): Readonly<Record<string, readonly string[]>> | undefined {
  const { GUESTWIRE_QEMU_SOURCE: source } = process.env;
  if (!source) return undefined;
  const schema = join(source, 'qapi/qapi-schema.json');
  const program = join(source, 'scripts/qapi-gen.py');
  if (![schema, program].every((path) => existsSync(path))) return undefined;
  return {
    [OURS]: generate(schema, join(folder, 'qmp')),
    [QEMUS]: ['python3', program, '-o', join(folder, 'qmp-c'), schema],
  };
}
