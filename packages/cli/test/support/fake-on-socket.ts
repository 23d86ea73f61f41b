import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FakeGuest, type FakeGuestOptions, type FakeHandlers, fakeGuest } from '@guestwire/testing';

/** A fake guest on a unix socket. */
export interface FakeOnSocket extends AsyncDisposable {
  readonly target: string;
  readonly fake: FakeGuest;
}

/** Starts a fake guest that a real program can connect to. */
export async function fakeOnSocket(
  handlers: FakeHandlers = {},
  options: FakeGuestOptions = {},
): Promise<FakeOnSocket> {
  const folder = mkdtempSync(join(tmpdir(), 'guestctl-'));
  const fake = fakeGuest(handlers, options);
  const { target } = await fake.listen(join(folder, 'q.sock'));
  return {
    target,
    fake,
    async [Symbol.asyncDispose]() {
      await fake[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
