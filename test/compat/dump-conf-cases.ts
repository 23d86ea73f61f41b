/** Configuration files and command lines for `--dump-conf`, and how an agent is asked. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { type AgentProgram, projectFolder } from './agents.js';

/** A configuration file, absent for none, and a command line. */
export interface DumpCase {
  readonly name: string;
  readonly file?: string;
  readonly args: readonly string[];
}

/** The output and the exit status of an agent. */
export interface Dump {
  readonly status: number;
  readonly stdout: string;
}

/** A case with what qemu-ga 10.0 prints for it. */
export interface RecordedDump extends DumpCase, Dump {}

/** The file of the recorded cases. The unit tests of guestd's options read it too. */
export const recordPath = join(projectFolder, 'test/compat/dump-conf.json');

function general(...lines: string[]): string {
  return `[general]\n${lines.map((line) => `${line}\n`).join('')}`;
}

function withFile(name: string, file: string, ...args: string[]): DumpCase {
  return { name, file, args };
}
function withFlags(name: string, ...args: string[]): DumpCase {
  return { name, args };
}

const everyKey = general(
  'daemon=true',
  'method=unix-listen',
  'path=/tmp/ga.sock',
  'logfile=/var/log/ga.log',
  'pidfile=/run/ga.pid',
  'fsfreeze-hook=/etc/hook',
  'statedir=/var/lib/ga',
  'verbose=true',
  'retry-path=true',
  'block-rpcs=guest-exec,guest-shutdown',
  'allow-rpcs=guest-ping,guest-info,guest-exec',
);

export const dumpCases: readonly DumpCase[] = [
  withFlags('defaults'),
  withFlags('every flag', ...'-d -m unix-listen -p /s -l /l -f /f -F/h -t /t -v -r -b a,b -a c,d'.split(' ')),
  withFlags(
    'every long flag',
    ...'--daemonize --method unix-listen --path /s --logfile /l --pidfile /f --fsfreeze-hook=/h'.split(' '),
    ...'--statedir /t --verbose --retry-path --block-rpcs a --allow-rpcs b'.split(' '),
  ),
  withFlags(
    'every flag with an attached argument',
    '-munix-listen',
    '-p/s',
    '-l/l',
    '-f/f',
    '-t/t',
    '-ba',
    '-ac',
  ),
  withFlags(
    'abbreviations',
    '--daem',
    '--me=vsock-listen',
    '--pa=1:2',
    '--l=/l',
    '--pi=/f',
    '--f',
    '--s=/t',
    '--r',
  ),
  withFlags('joined letters', '-dvr'),
  withFlags(
    'a later option counts',
    '-p',
    '/a',
    '-p',
    '/b',
    '-l',
    '/c',
    '-l',
    '/d',
    '-m',
    'x',
    '-m',
    'unix-listen',
  ),
  withFlags('other words are ignored', 'x', '-v', 'y', '-', '-r'),
  withFlags('two dashes end the options', '-v', '--', '-r', '-d'),
  withFlags('the default hook', '-F'),
  withFlags('the default hook, and a word', '-F', '/hook'),
  withFlags('an empty hook', '--fsfreeze-hook='),
  withFlags('the hook last', '-F/a', '-F'),
  withFlags('a list', '-b', 'a,b,c'),
  withFlags('lists', '-b', 'a,b', '-b', 'c', '-b', 'd,e', '-a', 'f', '-a', 'g,h'),
  withFlags('empty lists', '-b', '', '-a', ''),
  withFlags('lists with gaps', '-b', ',', '-a', ' a,,b ', '-b', 'c,'),
  withFlags('names that there are not', '-b', 'no-such', '-a', 'nor-this;x'),
  withFlags('a serial line', '-m', 'isa-serial'),
  withFlags('a serial line elsewhere', '-m', 'isa-serial', '-p', '/dev/ttyS1'),
  withFlags('vsock', '-m', 'vsock-listen', '-p', '3:1024'),
  withFlags('a socket without a path', '-m', 'unix-listen'),
  withFlags('vsock without a path', '-m', 'vsock-listen'),
  withFlags('a method that there is not, with a path', '-m', 'bogus', '-p', '/x'),
  withFlags('a method that there is not, without one', '-m', 'bogus'),
  withFlags('an empty path', '-p', ''),
  withFlags('an empty method', '-m', '', '-p', ''),
  withFlags('leading blanks', '-p', '  a b ', '-l', '\t\t a\tb\t', '-t', ' \t '),
  withFlags('line ends', '-p', 'a\nb\n', '-l', '\n x', '-f', '\r\n y', '-t', 'a\r b'),
  withFlags('backslashes', '-p', '\\ a', '-l', ' \\\t b', '-f', '\\n', '-t', 'c\\'),
  withFlags('marks of the file', '-p', '#a', '-l', '[b]', '-f', 'c=d', '-t', ';e', '-F=f'),
  withFlags('other alphabets', '-p', '/ä/→/😀', '-b', 'é'),
  withFlags('the option of Windows', '-s', 'install', '-v'),
  withFlags('a file that is not there', '-c', '/nowhere/qemu-ga.conf'),
  withFile('an empty file', ''),
  withFile('a file with nothing but comments', '# a\n#b\n\n'),
  withFile('every key', everyKey),
  withFile(
    'every key and every flag',
    everyKey,
    ...'-d -m virtio-serial -p /s -l /l -f /f -F -t /t -v -r -b a,b -a c,d'.split(' '),
  ),
  withFile('switches that are off', general('daemon=false', 'verbose=0', 'retry-path=false'), '-v'),
  withFile('switches as numbers', general('daemon=1', 'verbose=1', 'retry-path=1')),
  withFile('a switch that is neither', general('verbose=yes')),
  withFile('a switch in capitals', general('daemon=TRUE')),
  withFile('a switch with blanks', general('daemon =  true  ', 'verbose = 1\t')),
  withFile('escapes', general('path=\\s\\ta\\nb\\\\c\\r', 'logfile= \\s x', 'statedir=a b ')),
  withFile('an escape that there is not', general('path=a\\qb')),
  withFile('an escape at the end', general('statedir=a\\')),
  withFile('a list with blanks', general('block-rpcs = a , b', 'allow-rpcs=')),
  withFile('lists add up', general('block-rpcs=a,b', 'allow-rpcs=c'), '-b', 'd,e', '-a', 'f,g'),
  withFile(
    'other groups and keys',
    `[x]\npath=/x\n${general('unknown=1', 'daemonize=1', 'path=/y')}[z]\npath=/z\n`,
  ),
  withFile('a group in two parts', `${general('path=/a', 'verbose=1')}[x]\ny=1\n${general('path=/b')}`),
  withFile('a key twice', general('path=/a', 'path=/b', 'statedir=/c', 'statedir=')),
  withFile('the old name of a list', general('blacklist=a,b')),
  withFile('a key in a language', general('path=/a', 'path[de]=/b')),
  withFile('lines that end as on Windows', '[general]\r\npath=/a\r\nverbose=1\r\n'),
  withFile('no line end at the end', '[general]\npath=/a'),
  withFile('an invalid line', general('path')),
  withFile('a key before the group', 'path=/a\n'),
  withFile('a group that does not end', '[general\npath=/a\n'),
  withFile('the method of the file, the path of the line', general('method=unix-listen'), '-p', '/a'),
  withFile('the method of the line, the path of the file', general('path=1:2'), '-m', 'vsock-listen'),
  withFile('a method of the file that takes a path', general('method=unix-listen')),
];

/** Runs an agent that prints the configuration of a case. */
export async function dumpOf(program: AgentProgram, { file, args }: DumpCase): Promise<Dump> {
  const folder = mkdtempSync(join(program.root, program.root === '' ? tmpdir() : '/tmp', 'guestwire-'));
  try {
    const path = join(folder, 'qemu-ga.conf');
    if (file !== undefined) writeFileSync(path, file);
    const inside = path.slice(program.root.length);
    const [command, ...first] = program.command;
    return await new Promise((resolve) => {
      execFile(
        command,
        [...first, ...(file === undefined ? [] : ['-c', inside]), '-D', ...args],
        // A missing file, so that the configuration of this machine is not read.
        { env: { ...process.env, LC_ALL: 'C.UTF-8', QGA_CONF: join(folder, 'none') }, encoding: 'utf8' },
        (error, stdout) => resolve({ status: typeof error?.code === 'number' ? error.code : 0, stdout }),
      );
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
