import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { connect, isGuestError } from '@guestwire/client';
import { Base64Data } from '@guestwire/protocol';
import { type FakeGuest, fakeGuest } from '@guestwire/testing';

const folder = mkdtempSync(join(tmpdir(), 'guestwire-pty-'));
after(() => rmSync(folder, { recursive: true }));

const noSocat =
  spawnSync('socat', ['-V']).status === 0
    ? false
    : 'a pseudo-terminal with a guest behind it needs socat (Debian package socat)';

/** A pseudo-terminal with the kernel's default settings, connected to a guest. */
interface Terminal extends AsyncDisposable {
  readonly path: string;
  /** Returns its settings as `stty` prints them. */
  settings(): string;
}

async function terminalOf(fake: FakeGuest, name: string): Promise<Terminal> {
  const path = join(folder, name);
  const socket = `${path}.sock`;
  const listening = await fake.listen(socket);
  const socat = spawn('socat', ['-d', '-d', `PTY,link=${path}`, `UNIX-CONNECT:${socket}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  // socat prints a line when both ends are open.
  for await (const text of socat.stderr.iterator({ destroyOnReturn: false })) {
    if (String(text).includes('starting data transfer')) break;
  }
  socat.stderr.resume();
  return {
    path,
    settings: () => spawnSync('stty', ['-a', '-F', path], { encoding: 'utf8' }).stdout,
    async [Symbol.asyncDispose]() {
      const exited = socat.exitCode === null && socat.signalCode === null ? once(socat, 'exit') : undefined;
      socat.kill();
      await exited;
      await listening[Symbol.asyncDispose]();
    },
  };
}

describe('a pty target', { skip: noSocat }, () => {
  test('carries every byte unchanged', async () => {
    const bytes = Buffer.from(Array.from({ length: 3 * 256 }, (_, i) => i % 256));
    const got: Buffer[] = [];
    const fake = fakeGuest({
      'guest-file-write': ({ 'buf-b64': data }) => {
        got.push(data.decode());
        return { count: bytes.length, eof: false };
      },
    });
    await using terminal = await terminalOf(fake, 'talk');
    await using guest = await connect(`pty:${terminal.path}`);
    assert.equal(fake.firstByte(), 0xff);
    await guest.call('guest-file-write', { handle: 1, 'buf-b64': Base64Data.fromBytes(bytes) });
    assert.ok(got[0]?.equals(bytes));
    const texts = '\x03\x04\x11\x13\x1a\r\n\t\x7f\u{1f463}';
    await guest.callRaw('guest-file-open', { path: texts });
    assert.equal(fake.requests.at(-1)?.args.get('path'), texts);
  });

  test('carries large data in both directions', async () => {
    const much = Buffer.alloc(500_000, 'guestwire');
    const fake = fakeGuest({
      'guest-file-read': () => ({ count: much.length, 'buf-b64': Base64Data.fromBytes(much), eof: true }),
    });
    await using terminal = await terminalOf(fake, 'much');
    await using guest = await connect(`pty:${terminal.path}`);
    const read = await guest.call('guest-file-read', { handle: 1, count: much.length });
    assert.ok(read['buf-b64'].decode().equals(much));
    const written = await guest.call('guest-file-write', {
      handle: 1,
      'buf-b64': Base64Data.fromBytes(much),
    });
    assert.equal(written.count, much.length);
  });

  test('restores the settings of the terminal', async () => {
    const fake = fakeGuest();
    await using terminal = await terminalOf(fake, 'settings');
    const before = terminal.settings();
    assert.match(before, / echo /);
    {
      await using guest = await connect(`pty:${terminal.path}`);
      await guest.call('guest-ping');
      assert.match(terminal.settings(), / -echo /);
    }
    assert.equal(terminal.settings(), before);
  });

  test('closes when the terminal hangs up', async () => {
    const fake = fakeGuest();
    const terminal = await terminalOf(fake, 'gone');
    await using guest = await connect(`pty:${terminal.path}`);
    await terminal[Symbol.asyncDispose]();
    await assert.rejects(guest.call('guest-ping'), (error) => isGuestError(error, 'closed'));
  });

  test('rejects a pending call when the terminal hangs up', async () => {
    const fake = fakeGuest({
      'guest-ping': () => new Promise<never>(() => {}),
    });
    const terminal = await terminalOf(fake, 'mute');
    await using guest = await connect(`pty:${terminal.path}`);
    const call = guest.call('guest-ping');
    call.catch(() => {});
    while (!fake.commands.includes('guest-ping')) await new Promise((resolve) => setImmediate(resolve));
    await terminal[Symbol.asyncDispose]();
    await assert.rejects(call, (error) => isGuestError(error, 'closed'));
  });
});

describe('a pty target that cannot be opened', () => {
  const refused: readonly [what: string, path: () => string, words: RegExp][] = [
    ['does not exist', () => join(folder, 'nothing'), /no such device/],
    [
      'is a file',
      () => {
        writeFileSync(join(folder, 'file'), 'text');
        return join(folder, 'file');
      },
      /neither a terminal nor a serial device/,
    ],
    ['is not a terminal', () => '/dev/null', /neither a terminal nor a serial device/],
  ];
  for (const [what, path, words] of refused) {
    test(`rejects a device that ${what}, with advice`, async () => {
      await assert.rejects(connect(`pty:${path()}`), (error) => {
        assert.ok(isGuestError(error, 'closed'));
        assert.match(error.message, words);
        return true;
      });
    });
  }
});
