import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A temporary folder, removed on disposal and when this process ends in any way. */
export interface OwnedFolder extends AsyncDisposable {
  readonly path: string;
}

/**
 * Makes a temporary folder. A shell removes it at the end of its standard input, which this process closes explicitly or by
 * exiting.
 */
export function ownedFolder(): OwnedFolder {
  const path = mkdtempSync(join(tmpdir(), 'guestwire-vm-'));
  const remover = spawn('/bin/sh', ['-c', 'cat; exec rm -rf -- "$1"', 'sh', path], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // A signal to this process group must not reach it.
    detached: true,
  });
  const removed = once(remover, 'exit');
  remover.unref();
  return {
    path,
    async [Symbol.asyncDispose]() {
      remover.ref();
      remover.stdin.end();
      await removed;
    },
  };
}
