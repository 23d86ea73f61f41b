// What holds for the start of guestd, from npm and as a single executable.
import assert from 'node:assert/strict';
import { execFileSync, type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { after, before, describe, it } from 'node:test';
import { startAgent } from '../compat/agents.js';
import { openLink } from '../compat/link.js';
import { startUnderSignals } from './signals.js';

/** The number of starts under signals. `GUESTWIRE_STARTS=200` looks more closely. */
const STARTS = Number(process.env['GUESTWIRE_STARTS'] ?? 30);

/** The time until the agent has set its handlers, on an idle and on a busy machine. */
const START_MS = 250;

/** Declares tests of a program that is started by its path. */
export function describeStart(name: string, program: () => string): void {
  describe(`the start of ${name}`, () => {
    let folder: string;
    before(() => {
      folder = mkdtempSync(join(tmpdir(), 'guestwire-start-'));
    });
    after(() => rmSync(folder, { recursive: true, force: true }));

    const run = (env: Record<string, string>): SpawnSyncReturns<string> =>
      spawnSync(program(), ['--version'], {
        encoding: 'utf8',
        env: { PATH: process.env['PATH'] ?? '', ...env },
      });

    it('opens no debugger when SIGUSR1 arrives at any instant, and ends by the signal', async () => {
      for (let start = 0; start < STARTS; start++) {
        const { signal, stderr, listening } = await startUnderSignals(
          [program()],
          (START_MS * start) / STARTS,
        );
        assert.equal(signal, 'SIGUSR1', stderr);
        assert.equal(listening, 0);
        assert.doesNotMatch(stderr, /Debugger listening/);
      }
    });

    it('loads no code that the environment names', () => {
      const code = join(folder, 'code.cjs');
      const trace = join(folder, 'trace');
      writeFileSync(code, `require('node:fs').writeFileSync(${JSON.stringify(trace)}, '')`);
      const module = join(folder, 'code.mjs');
      writeFileSync(module, `import '${code}';`);
      for (const env of [
        { NODE_OPTIONS: `--require=${code}` },
        { NODE_OPTIONS: `--import=${module}` },
        { NODE_OPTIONS: '--inspect=127.0.0.1:0' },
        { NODE_OPTIONS: '--no-such-option' },
        { NODE_REPL_EXTERNAL_MODULE: code },
        { NODE_V8_COVERAGE: trace },
        { NODE_COMPILE_CACHE: trace },
        { NODE_EXTRA_CA_CERTS: '/nonexistent' },
        { NODE_REDIRECT_WARNINGS: trace },
        { NODE_DEBUG_NATIVE: 'code_cache' },
        { NODE_PATH: folder },
        { OPENSSL_CONF: '/nonexistent' },
      ]) {
        const { status, stdout, stderr } = run(env);
        assert.deepEqual({ status, stderr }, { status: 0, stderr: '' }, JSON.stringify(env));
        assert.match(stdout, /^QEMU Guest Agent [\d.]+ \(Guestwire\)\n$/);
        assert.equal(existsSync(trace), false, JSON.stringify(env));
      }
    });

    it('keeps the environment for programs that the agent starts', async () => {
      const options = '--title="a  b"\n*';
      await using agent = await startAgent({ name: 'guestd', command: [program()], root: '' }, [], {
        PATH: process.env['PATH'],
        NODE_OPTIONS: options,
      });
      await using link = await openLink(agent.socket);
      const pipe = join(agent.folder, 'environment');
      execFileSync('mkfifo', [pipe]);
      const arg = ['-c', `env -0 >${pipe}`];
      link.send(Buffer.from(JSON.stringify({ execute: 'guest-exec', arguments: { path: '/bin/sh', arg } })));
      const text = await readFile(pipe, 'utf8');
      const environment = text.split('\0');
      assert.ok(environment.includes(`NODE_OPTIONS=${options}`), environment.join('\n'));
      assert.deepEqual(
        environment.filter((entry) => entry.startsWith('GUESTD_')),
        [],
      );
    });
  });
}
