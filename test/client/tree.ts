import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';

/** Difficult file names, as bytes: names in a filesystem need not be text. */
const oddNames: readonly Buffer[] = [
  ...[
    'with space',
    'quotes\'"',
    'two\nlines',
    '-rf',
    '*',
    '$(touch x)',
    '`x`',
    'ünï',
    'back\\slash',
    'cr\r',
    'tab\t',
    '\u0001',
    '\uffff',
    '.hidden',
    '%s%n',
    'x'.repeat(250),
  ].map((name) => Buffer.from(name)),
  Buffer.from([0xff, 0xfe, 0x41]),
  Buffer.from([0xc3, 0x28]),
];

function below(folder: Buffer, name: string | Buffer): Buffer {
  return Buffer.concat([folder, Buffer.from('/'), Buffer.from(name)]);
}

const modes = [0o644, 0o600, 0o755, 0o444] as const;

/** Creates a folder with files of odd names, modes and sizes, and links; a few files are `large`. */
export function makeTree(root: string, files: number, large = 5_000_000): void {
  const top = Buffer.from(root);
  mkdirSync(top);
  const folders: Buffer[] = [top];
  for (const name of oddNames) {
    const folder = below(top, Buffer.concat([Buffer.from('d'), name]).subarray(0, 250));
    mkdirSync(folder);
    folders.push(folder);
    symlinkSync(below(Buffer.from('..'), name), below(folder, 'link'));
    symlinkSync('/etc', below(folder, 'a folder elsewhere'));
  }
  mkdirSync(below(top, 'empty'), 0o700);
  const deep = below(top, 'deep');
  let folder = deep;
  for (let depth = 0; depth < 12; depth++, folder = below(folder, `level ${depth}`)) mkdirSync(folder);
  writeFileSync(below(folder.subarray(0, folder.lastIndexOf('/')), 'bottom'), 'bottom');

  for (let i = 0; i < files; i++) {
    const into = folders[i % folders.length] ?? top;
    const odd = oddNames[Math.floor(i / folders.length)];
    const path = below(into, odd ?? `file ${i}`);
    const length = i % 97 === 0 ? 400_000 + i : i % 11 === 0 ? 0 : (i * 37) % 6000;
    writeFileSync(path, randomBytes(length), { mode: modes[i % modes.length] ?? 0o644 });
    if (length === 0) chmodSync(path, 0o640);
  }
  for (const name of ['large', Buffer.from([0x6c, 0xff])])
    writeFileSync(below(top, name), randomBytes(large));
  const readOnly = below(top, 'read-only');
  mkdirSync(readOnly);
  writeFileSync(below(readOnly, 'file'), 'x');
  chmodSync(readOnly, 0o555);
}

/**
 * A script that prints a digest of all that is in the folder `$1`: kinds, names, permissions, contents, where links
 * lead. It asks neither the library nor what the library asks.
 */
export const DIGEST_SCRIPT = `
PATH=/usr/bin:/bin:$PATH
LC_ALL=C
export PATH LC_ALL
cd -- "$1" || exit 1
{
  find . ! -type l -exec stat -c '%n %F %a' -- {} + | sort
  find . -type f -exec sha256sum {} + | sort
  find . -type l -exec sh -c 'for f do printf "%s " "$f"; readlink -- "$f"; done' sh {} + | sort
} | sha256sum
`;

/** Returns the digest of a folder of this machine. */
export function digestHere(folder: string): string {
  return execFileSync('/bin/sh', ['-c', DIGEST_SCRIPT, 'sh', folder], { encoding: 'latin1' }).trim();
}
