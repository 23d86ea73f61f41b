import assert from 'node:assert/strict';
import { closeSync, readSync } from 'node:fs';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { pipe } from '../../src/descriptor.js';
import { errnoOf } from '../../src/errno.js';
import { spawn, waitpid } from '../../src/spawn.js';

const ENOENT = 2;

describe('spawn', () => {
  test('starts a program with arguments, environment and standard output, and waitpid collects it', async () => {
    const [from, to] = pipe();
    const words = ['sh', '-c', 'printf "%s %s" "$1" "$NAME"; exit 3', 'sh', 'argument'];
    const pid = await spawn({
      file: Buffer.from('/bin/sh'),
      argv: words.map((word) => Buffer.from(word)),
      envp: [Buffer.from('NAME=value')],
      stdio: [null, to, null],
    });
    closeSync(to);
    const output = Buffer.alloc(64);
    assert.equal(output.toString('utf8', 0, readSync(from, output)), 'argument value');
    closeSync(from);
    let status = waitpid(pid);
    while (status === 'running') {
      await delay(5);
      status = waitpid(pid);
    }
    assert.equal(status, 3 << 8);
    assert.equal(waitpid(pid), 'unknown');
  });

  test('rejects with the reason if the program cannot be executed', async () => {
    const request = {
      file: Buffer.from('/no/such/program'),
      argv: [],
      envp: [],
      stdio: [null, null, null],
    } as const;
    await assert.rejects(spawn(request), (error) => errnoOf(error) === ENOENT);
  });
});
