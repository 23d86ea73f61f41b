// A process replaces folders and files by links while paths are opened. Nothing outside of the allowed folder is reached.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { FileGuard } from '../../../src/policy/file-guard.js';
import { readPolicy } from '../../../src/policy/load-policy.js';
import { type GuestdFolder, guestdFolder } from '../../support/guestd.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const SWAPPER = fileURLToPath(new URL('../../support/link-swapper-program.js', import.meta.url));
const DURATION_MS = 10_000;
const SHORT_DURATION_MS = 2_000;

/** Paths that the swapper replaces, or folders above them. */
const PATHS = ['folder/file', 'deep/folder/file', 'absolute/file', 'file', 'deep/file'];

/** The number of files that are opened with one write to the agent. */
const BATCH = 30;

interface Request {
  readonly execute: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

interface Reply {
  readonly return?: Readonly<Record<string, string>>;
}

/** A running swapper. Disposing ends it. */
interface Swapper extends AsyncDisposable {
  /** Ends it, and returns the number of its swaps. */
  end(): Promise<number>;
}

async function startSwapper(root: string): Promise<Swapper> {
  const child = spawn(process.execPath, [SWAPPER, root], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  await once(child.stdout, 'data');
  return {
    async end() {
      child.stdin.end();
      await exited;
      return Number(output.split('\n')[1]);
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

describe('a policy with rules on files, while links are swapped', () => {
  let folder: GuestdFolder;
  let root: string;
  let policyFile: string;

  before(() => {
    folder = guestdFolder();
    root = folder.path;
    policyFile = folder.file('policy');
    for (const name of ['folder', 'deep/folder', 'absolute']) {
      mkdirSync(`${root}/allowed/${name}`, { recursive: true });
    }
    mkdirSync(`${root}/outside`);
    for (const path of PATHS) writeFileSync(`${root}/allowed/${path}`, 'inside');
    writeFileSync(`${root}/outside/file`, 'outside');
    const rules = [
      '[commands]',
      'preset=unrestricted',
      '[files]',
      `read=${root}/allowed/**`,
      `write=${root}/allowed/**`,
    ];
    writeFileSync(policyFile, rules.join('\n'), { mode: 0o600 });
  });

  after(() => folder[Symbol.dispose]());

  const pathOf = (name: string): string => `${root}/allowed/${name}`;
  const assertUntouched = (started: number): void => {
    assert.deepEqual(readdirSync(`${root}/outside`), ['file']);
    assert.equal(readFileSync(`${root}/outside/file`, 'utf8'), 'outside');
    assert.ok(statSync(`${root}/outside/file`).mtimeMs <= started, 'the file outside was written');
  };

  it('the swapper deceives an opener that resolves the path, checks it and opens it again', async () => {
    await using swapper = await startSwapper(root);
    let escaped = false;
    while (!escaped) {
      for (const name of PATHS) {
        try {
          if (!realpathSync(pathOf(name)).startsWith(`${root}/allowed/`)) continue;
          await using file = await open(pathOf(name));
          escaped ||= (await file.readFile('utf8')) === 'outside';
        } catch {
          // The name does not exist at this moment.
        }
      }
    }
    assert.ok((await swapper.end()) > 0);
  });

  it('reads and writes nothing outside for ten seconds', async () => {
    // The agent stores the number of each handle: in memory, so that more files are opened.
    using states = temporaryFolder('/dev/shm');
    const { host } = await folder.serve(['--policy', policyFile, '-t', states.path]);
    /** Sends all requests at once, so that the agent does not wait for this process between them. */
    const ask = async (requests: readonly Request[]): Promise<readonly Reply[]> => {
      host.send(requests.map((request) => JSON.stringify(request)).join(''));
      const replies: Reply[] = [];
      for (const _ of requests) replies.push(JSON.parse(await host.line()));
      return replies;
    };
    const data = { 'buf-b64': Buffer.from('inside').toString('base64') };
    await using swapper = await startSwapper(root);
    const started = Date.now();
    const counts = { opened: 0, refused: 0 };
    for (let turn = 0; Date.now() - started < DURATION_MS; turn += 1) {
      const opens = Array.from({ length: BATCH }, (_, index): Request => {
        const path = pathOf(PATHS[index % PATHS.length] ?? '');
        // Every third one reads, every third one creates a file.
        const kind = (index + turn) % 3;
        const suffix = kind === 2 ? `-${turn % 10}-${index}` : '';
        return {
          execute: 'guest-file-open',
          arguments: { path: `${path}${suffix}`, mode: kind === 0 ? 'r' : 'w' },
        };
      });
      const replies = await ask(opens);
      const followUps = replies.flatMap(({ return: handle }, index): Request[] => {
        if (handle === undefined) return [];
        const isRead = opens[index]?.arguments['mode'] === 'r';
        return [
          {
            execute: isRead ? 'guest-file-read' : 'guest-file-write',
            arguments: { handle, ...(!isRead && data) },
          },
          { execute: 'guest-file-close', arguments: { handle } },
        ];
      });
      counts.opened += followUps.length / 2;
      counts.refused += BATCH - followUps.length / 2;
      for (const { return: result } of await ask(followUps)) {
        const text = Buffer.from(result?.['buf-b64'] ?? '', 'base64').toString();
        // A write of this test may have truncated the file.
        assert.ok(text === 'inside' || text === '', `read ${text}`);
      }
    }
    const swaps = await swapper.end();
    assertUntouched(started);
    // Else the race did not take place.
    assert.ok(swaps > 1000 && counts.opened > 20 && counts.refused > 3, JSON.stringify({ swaps, ...counts }));
  });

  for (const useOpenat2 of [true, false]) {
    it(`locates nothing outside ${useOpenat2 ? 'with' : 'without'} openat2`, async () => {
      const { policy } = readPolicy(policyFile);
      assert.ok(policy !== undefined);
      const guard = new FileGuard(policy, useOpenat2);
      await using swapper = await startSwapper(root);
      const started = Date.now();
      let opened = 0;
      while (Date.now() - started < SHORT_DURATION_MS) {
        for (const name of PATHS) {
          try {
            await using file = await guard.open(pathOf(name), 0, ['read']);
            await using place = await guard.locate(`${pathOf(name)}-new`, ['write'], true);
            assert.ok(place.path.startsWith(`${root}/allowed/`), place.path);
            opened += file.fd > 0 ? 1 : 0;
          } catch (error) {
            if (error instanceof assert.AssertionError) throw error;
          }
        }
      }
      assert.ok((await swapper.end()) > 100 && opened > 5, `${opened} opened`);
      assertUntouched(started);
    });
  }
});
