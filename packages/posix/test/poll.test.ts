import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { test } from 'node:test';

const posix = new URL('../src/index.js', import.meta.url).href;

test('waitReady does not keep process.exit from ending the process', async () => {
  const script = `
    import { POLLIN, pipe, waitReady } from ${JSON.stringify(posix)};
    const [from] = pipe();
    void waitReady(from, POLLIN, new AbortController().signal);
    setTimeout(() => process.exit(7), 50);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'inherit' });
  const limit = setTimeout(() => child.kill('SIGKILL'), 20_000);
  assert.deepEqual(await once(child, 'exit'), [7, null]);
  clearTimeout(limit);
});
