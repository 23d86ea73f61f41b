// SIGKILL at random instants. `GUESTWIRE_KILLS` sets their number; the seed is printed.
import assert from 'node:assert/strict';
import { createHash, randomInt } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { cannotMount, startFaultyAgent } from './faulty-agent.js';

const KILLS = Number(process.env['GUESTWIRE_KILLS'] ?? 20);
const CHUNK_BYTES = 64 * 1024;
const LONGEST_LIFE_MS = 100;

/** Returns numbers below 1 that depend on the seed only. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('guestd that is killed', { skip: cannotMount(), timeout: 600_000 }, () => {
  it('loses no flushed byte and reuses no handle at random instants', async (context) => {
    const seed = Number(process.env['GUESTWIRE_SEED'] ?? randomInt(2 ** 32));
    context.diagnostic(`${KILLS} times SIGKILL, seed ${seed}`);
    const next = random(seed);
    await using agent = await startFaultyAgent();
    const path = join(agent.folder, 'file');
    const content = createHash('sha256');
    let flushed = 0;
    const handles = new Set<unknown>();
    for (let kill = 0; kill < KILLS; kill++) {
      await using host = await agent.connect();
      const end = delay(next() * LONGEST_LIFE_MS).then(() => agent.process.kill('SIGKILL'));
      try {
        const handle = await host.ask('guest-file-open', { path, mode: flushed === 0 ? 'w' : 'r+' });
        assert.equal(handles.has(handle), false, `handle ${handle} was given twice`);
        handles.add(handle);
        await host.ask('guest-file-seek', { handle, offset: flushed, whence: 'set' });
        for (;;) {
          const chunk = Buffer.alloc(CHUNK_BYTES, flushed / CHUNK_BYTES);
          await host.ask('guest-file-write', { handle, 'buf-b64': chunk.toString('base64') });
          await host.ask('guest-file-flush', { handle });
          flushed += CHUNK_BYTES;
          content.update(chunk);
        }
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
      }
      await end;
      await agent.restart();
    }
    context.diagnostic(`${flushed / CHUNK_BYTES} chunks were flushed through ${handles.size} handles`);
    if (flushed > 0) {
      const kept = createHash('sha256').update(readFileSync(path).subarray(0, flushed));
      assert.equal(kept.digest('hex'), content.digest('hex'));
    }
    assert.deepEqual(
      readdirSync(agent.statedir).filter((name) => name.startsWith('qga.state.')),
      [],
      'every temporary state file is removed',
    );
    await agent.assertHealthy();
  });
});
