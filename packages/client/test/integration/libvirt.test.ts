import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import {
  connect,
  type Guest,
  type GuestError,
  type GuestErrorCode,
  isGuestError,
  listLibvirtDomains,
  openTransport,
} from '@guestwire/client';
import { Base64Data, CommandError } from '@guestwire/protocol';
import { type FakeGuest, failWith, fakeGuest } from '@guestwire/testing';
import { type FakeLibvirt, fakeLibvirt } from '../support/fake-libvirt.js';

const folder = mkdtempSync(join(tmpdir(), 'guestwire-virsh-'));
after(() => rmSync(folder, { recursive: true }));

function failedWith(code: GuestErrorCode, words: RegExp) {
  return (error: unknown): error is GuestError => {
    assert.ok(isGuestError(error, code), String(error));
    assert.match(error.message, words);
    return true;
  };
}

/** Connects to a guest in a fake libvirt. */
async function inLibvirt(
  fake: FakeGuest,
  work: (guest: Guest, libvirt: FakeLibvirt) => Promise<void>,
): Promise<void> {
  await using libvirt = await fakeLibvirt(fake);
  await using guest = await connect('libvirt:vm1');
  await work(guest, libvirt);
}

const unanswered = {
  error: "guest agent command timed out: guest agent didn't respond to command within '10' seconds",
};

describe('a libvirt target', () => {
  test('carries requests and replies', async () => {
    await inLibvirt(fakeGuest(), async (guest, libvirt) => {
      assert.equal(guest.target, 'libvirt:vm1');
      assert.equal(await guest.call('guest-sync', { id: 2 ** 53 - 1 }), 2 ** 53 - 1);
      await guest.call('guest-ping');
      assert.equal(libvirt.started, 1, 'one virsh for everything');
      assert.deepEqual(libvirt.commands[0], ['start', '-q']);
    });
  });

  test('addresses the domain by its number', async () => {
    await inLibvirt(fakeGuest(), async (guest, libvirt) => {
      await guest.call('guest-ping');
      assert.deepEqual(libvirt.commands[1], ['domid', '--domain=vm1']);
      const sent = libvirt.commands.filter(([name]) => name === 'qemu-agent-command');
      assert.ok(sent.length > 0 && sent.every((words) => words[1] === '--domain=5'));
    });
  });

  test('sends guest-sync instead of guest-sync-delimited', async () => {
    const fake = fakeGuest();
    await inLibvirt(fake, async (guest) => {
      await guest.synchronize();
      assert.ok(fake.commands.length >= 2);
      assert.ok(
        fake.commands.every((name) => name === 'guest-sync'),
        fake.commands.join(),
      );
    });
  });

  test('matches replies by id', async () => {
    const fake = fakeGuest();
    await inLibvirt(fake, async (guest) => {
      await guest.call('guest-ping');
      assert.equal(typeof fake.requests.at(-1)?.id, 'number');
    });
  });

  test('works with agents that refuse ids', async () => {
    const fake = fakeGuest({}, { version: '2.5' });
    await inLibvirt(fake, async (guest) => {
      await guest.call('guest-ping');
      assert.equal(fake.requests.at(-1)?.id, undefined);
    });
  });

  test('passes all texts unchanged', async () => {
    const paths = [
      `it's "here"; echo \\ $HOME 'x`,
      "'",
      "';quit;'",
      '\u2603 \u{1f463} \0 \n \x7f',
      ' --help',
    ];
    const got: string[] = [];
    const fake = fakeGuest({
      'guest-file-open': ({ path }) => {
        got.push(path);
        return 1000;
      },
    });
    await inLibvirt(fake, async (guest) => {
      for (const path of paths) await guest.call('guest-file-open', { path });
      assert.deepEqual(got, paths);
    });
  });

  test('carries requests and replies up to the limits', async () => {
    const much = Buffer.alloc(2_900_000, 'guestwire');
    const given = Buffer.alloc(98_000, 'guestwire');
    const fake = fakeGuest({
      'guest-file-read': () => ({ count: much.length, 'buf-b64': Base64Data.fromBytes(much), eof: true }),
    });
    await inLibvirt(fake, async (guest) => {
      const read = await guest.call('guest-file-read', { handle: 1, count: much.length });
      assert.ok(read['buf-b64'].decode().equals(much));
      const data = Base64Data.fromBytes(given);
      assert.equal(
        (await guest.call('guest-file-write', { handle: 1, 'buf-b64': data })).count,
        given.length,
      );
    });
  });

  test('rejects a request above the limit, and the next one succeeds', async () => {
    const fake = fakeGuest();
    await inLibvirt(fake, async (guest) => {
      assert.deepEqual(guest.messageLimits, { request: 131_072, reply: 4_000_000 });
      const data = Base64Data.fromBytes(Buffer.alloc(98_500));
      await assert.rejects(guest.call('guest-file-write', { handle: 1, 'buf-b64': data }));
      const quotes = { path: "'".repeat(22_000) };
      await assert.rejects(
        guest.call('guest-file-open', quotes),
        failedWith('command', /exceeds the 131072/),
      );
      await guest.call('guest-ping');
      assert.ok(fake.commands.every((name) => name === 'guest-sync' || name === 'guest-ping'));
    });
  });

  test("passes the call's time limit in whole seconds plus one", async () => {
    const time = (libvirt: FakeLibvirt): string | undefined =>
      libvirt.commands.at(-1)?.find((word) => word.startsWith('--timeout='));
    await inLibvirt(fakeGuest(), async (guest, libvirt) => {
      await guest.call('guest-ping', undefined, { timeout: 60_000 });
      assert.equal(time(libvirt), '--timeout=61');
      await guest.call('guest-ping', undefined, { timeout: Number.POSITIVE_INFINITY });
      assert.equal(time(libvirt), '--timeout=86400');
    });
  });

  test('retries a command that was not sent', async () => {
    await inLibvirt(fakeGuest(), async (guest, libvirt) => {
      libvirt.instead(
        'qemu-agent-command',
        {
          error:
            "Guest agent is not responding: guest agent didn't respond to synchronization within '5' seconds",
        },
        // The text of libvirt before 7, which arrives before the timeout.
        { error: 'Guest agent is not responding: Guest agent not available for now' },
        { error: 'Timed out during operation: cannot acquire state change lock (held by agent=x)' },
      );
      assert.equal(await guest.call('guest-sync', { id: 3 }), 3);
    });
  });

  test('does not repeat a command that was sent, and synchronizes for the next', async () => {
    const fake = fakeGuest();
    await inLibvirt(fake, async (guest, libvirt) => {
      libvirt.instead('qemu-agent-command', unanswered);
      await assert.rejects(
        guest.call('guest-file-close', { handle: 1 }, { timeout: 300 }),
        failedWith('timeout', /after 0\.3 s/),
      );
      assert.equal(await guest.call('guest-sync', { id: 4 }), 4);
      assert.equal(fake.commands.includes('guest-file-close'), false);
    });
  });

  test('does not send a call that was aborted in the queue', async () => {
    const fake = fakeGuest();
    const transportOf = async (): Promise<void> => {
      await using libvirt = await fakeLibvirt(fake);
      await using transport = await openTransport({ kind: 'libvirt', uri: undefined, domain: 'vm1' });
      const written = transport.write(Buffer.from('{"execute":"guest-shutdown"}\n'), 0);
      await transport.write(Buffer.from('{"execute":"guest-ping"}\n'), 10_000);
      await written;
      for await (const bytes of transport) {
        assert.equal(Buffer.from(bytes).toString(), '{"return":{}}\n');
        break;
      }
      assert.equal(libvirt.commands.filter(([name]) => name === 'qemu-agent-command').length, 1);
    };
    await transportOf();
    assert.deepEqual(fake.commands, ['guest-ping']);
  });
});

describe('the error of an agent behind libvirt', () => {
  test('has the code unsupported for a missing command', async () => {
    await inLibvirt(fakeGuest({}, { version: '7.2' }), async (guest) => {
      await assert.rejects(
        guest.call('guest-get-load'),
        failedWith('unsupported', /the agent \(version 7\.2.*it came with QEMU 10\.0/),
      );
    });
  });

  test('has the code disabled for a forbidden command', async () => {
    const fake = fakeGuest({
      'guest-exec-status': () => {
        throw CommandError.commandDisabled('guest-exec-status');
      },
    });
    await inLibvirt(fake, async (guest) => {
      await assert.rejects(guest.call('guest-exec-status', { pid: 1 }), (error) => {
        assert.ok(isGuestError(error, 'disabled'));
        assert.equal(error.class, 'CommandNotFound');
        return true;
      });
    });
  });

  test("keeps the agent's text for a failed command", async () => {
    const desc = "failed: error: QEMU guest agent is not connected 'x': domain is not running";
    await inLibvirt(fakeGuest({ 'guest-ping': failWith(desc) }), async (guest) => {
      await assert.rejects(guest.call('guest-ping'), (error) => {
        assert.ok(isGuestError(error, 'command'));
        assert.equal(error.class, 'GenericError');
        assert.equal(error.desc, desc);
        return true;
      });
      await guest.call('guest-get-host-name');
    });
  });

  test('explains a reply above the limit', async () => {
    await inLibvirt(fakeGuest(), async (guest, libvirt) => {
      libvirt.instead('qemu-agent-command', { error: 'Unable to encode message payload' });
      await assert.rejects(guest.call('guest-ping'), failedWith('command', /4 MiB that libvirt carries/));
      await guest.call('guest-ping');
    });
  });
});

describe('a libvirt target that cannot be reached', () => {
  const reasons: readonly [error: string, advice: RegExp][] = [
    ['Requested operation is not valid: domain is not running', /the domain is shut off.*virsh start/],
    ['argument unsupported: QEMU guest agent is not configured', /no agent channel.*org\.qemu\.guest_agent/],
    ['Guest agent is not responding: QEMU guest agent is not connected', /is one installed and running/],
    ['guest agent command timed out: Guest agent disappeared while executing command', /closed its port/],
    ['Guest agent is not responding: QEMU guest agent is not available due to an error', /restart the agent/],
    ["failed to get domain '5'", /no such domain/],
    ['operation forbidden: read only access prevents virDomainQemuAgentCommand', /run as root/],
    ['End of file while reading data: Input/output error', /connection to libvirt ended/],
    ['something that nobody has heard of', /virsh: something that nobody has heard of/],
  ];
  for (const [error, advice] of reasons) {
    test(`gives advice for "${error}"`, async () => {
      await inLibvirt(fakeGuest(), async (guest, libvirt) => {
        libvirt.instead('qemu-agent-command', { error });
        await assert.rejects(guest.call('guest-ping'), (caught) => {
          assert.ok(failedWith('closed', advice)(caught));
          assert.ok(caught.message.startsWith('libvirt:vm1: '), caught.message);
          assert.ok(caught.message.includes(error));
          return true;
        });
        await assert.rejects(guest.call('guest-ping'), failedWith('closed', advice));
      });
    });
  }

  test('is opened again with reconnect', async () => {
    await using libvirt = await fakeLibvirt(fakeGuest());
    await using guest = await connect('libvirt:vm1', { reconnect: { delay: 0 } });
    libvirt.instead('qemu-agent-command', { error: 'QEMU guest agent is not connected' });
    await assert.rejects(guest.call('guest-ping'), failedWith('closed', /is one installed/));
    assert.equal(await guest.call('guest-sync', { id: 5 }), 5);
  });

  test('quotes virsh when it exits', async () => {
    await inLibvirt(fakeGuest(), async (guest, libvirt) => {
      libvirt.instead('qemu-agent-command', { error: 'out of memory', exit: 3 });
      await assert.rejects(guest.call('guest-ping'), failedWith('closed', /virsh: out of memory/));
    });
  });

  test('rejects a domain that does not exist', async () => {
    await using _libvirt = await fakeLibvirt(fakeGuest());
    await assert.rejects(connect('libvirt:vm2'), failedWith('closed', /^libvirt:vm2: no such domain/));
  });

  test('rejects a domain that is shut off', async () => {
    await using libvirt = await fakeLibvirt(fakeGuest());
    libvirt.instead('domid', { output: '-' });
    await assert.rejects(connect('libvirt:vm1'), failedWith('closed', /the domain is shut off/));
  });

  test('explains a permission error', async () => {
    await using libvirt = await fakeLibvirt(fakeGuest());
    const error =
      'failed to connect to the hypervisor\nerror: authentication unavailable: no polkit agent available';
    libvirt.instead('start', { error, exit: 1 });
    await assert.rejects(
      connect('libvirt+qemu+ssh://host/system/vm1'),
      failedWith('closed', /denies this user full access.*\(virsh: authentication unavailable/),
    );
    assert.deepEqual(libvirt.commands[0], ['start', '-q', '-c', 'qemu+ssh://host/system']);
  });

  test('explains a login prompt', async () => {
    await using libvirt = await fakeLibvirt(fakeGuest());
    libvirt.instead('start', { output: 'Please enter your authentication name: ' });
    await assert.rejects(connect('libvirt:vm1'), failedWith('closed', /auth\.conf/));
  });

  test('times out', async () => {
    await using libvirt = await fakeLibvirt(fakeGuest());
    libvirt.instead('domid', () => new Promise(() => {}));
    await assert.rejects(
      connect('libvirt:vm1', { timeout: 500 }),
      failedWith('timeout', /^libvirt:vm1: timed out/),
    );
  });

  test('rejects if virsh is not installed', async () => {
    const { PATH } = process.env;
    process.env['PATH'] = folder;
    try {
      await assert.rejects(connect('libvirt:vm1'), failedWith('closed', /virsh not found.*libvirt-clients/));
    } finally {
      process.env['PATH'] = PATH;
    }
  });
});

describe('a command without a success reply, through libvirt', () => {
  test('is given ten seconds to fail', async () => {
    await inLibvirt(fakeGuest(), async (guest, libvirt) => {
      libvirt.instead('qemu-agent-command', unanswered);
      await guest.call('guest-shutdown', { mode: 'halt' });
      const sent = libvirt.commands
        .filter(([name]) => name === 'qemu-agent-command')
        .map((words) => words.slice(2));
      assert.match(sent.at(-2)?.join(' ') ?? '', /^--timeout=10 .*guest-shutdown/);
      assert.match(sent.at(-1)?.join(' ') ?? '', /guest-sync/);
    });
  });

  test('resolves when the agent closes its port', async () => {
    await inLibvirt(fakeGuest(), async (guest, libvirt) => {
      libvirt.instead('qemu-agent-command', { error: 'Guest agent disappeared while executing command' });
      await guest.call('guest-shutdown');
      await assert.rejects(guest.call('guest-ping'), failedWith('closed', /closed its port/));
    });
  });

  test('resolves when the guest is suspended', async () => {
    await inLibvirt(fakeGuest(), async (guest, libvirt) => {
      libvirt.instead('qemu-agent-command', unanswered, {
        error: 'Requested operation is not valid: domain is not running',
      });
      await guest.call('guest-suspend-ram');
    });
  });

  test('rejects on an error reply', async () => {
    const fake = fakeGuest({ 'guest-suspend-ram': failWith('the requested suspend mode is not supported') });
    await inLibvirt(fake, async (guest) => {
      await assert.rejects(
        guest.call('guest-suspend-ram'),
        failedWith('command', /suspend mode is not supported/),
      );
      await guest.call('guest-ping');
    });
  });
});

describe('listLibvirtDomains', () => {
  test('returns the running domains', async () => {
    await using libvirt = await fakeLibvirt(fakeGuest());
    libvirt.instead('list', { output: 'vm1\nvm 2\n-x\n7' });
    assert.deepEqual(await listLibvirtDomains('qemu:///system'), ['vm1', 'vm 2', '-x', '7']);
    libvirt.instead('list', { output: '' });
    assert.deepEqual(await listLibvirtDomains(undefined), []);
  });

  test('rejects with a reason', async () => {
    await using libvirt = await fakeLibvirt(fakeGuest());
    libvirt.instead('list', { error: 'client socket is closed' });
    await assert.rejects(
      listLibvirtDomains('qemu:///system'),
      failedWith('closed', /connection to libvirt ended/),
    );
  });

  test('rejects an invalid URI', async () => {
    await assert.rejects(listLibvirtDomains('-x'), TypeError);
  });
});

const noVirsh =
  spawnSync('virsh', ['--version']).status === 0
    ? false
    : 'asking a libvirt target with the real virsh needs virsh (Debian package libvirt-clients)';

describe('a libvirt target with the real virsh', { skip: noVirsh }, () => {
  const names = ['plain', 'Füße ☃', '7', '-x', `it's "a" \\b;c`, '--help', '$HOME', '100%?#'];
  const domain = (name: string): string => {
    const text = name.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
    return `<domain type="test"><name>${text}</name><memory>1024</memory><os><type>hvm</type></os></domain>`;
  };
  const node = join(folder, 'node.xml');
  const uri = `test://${node}`;

  test('lists the running domains', async () => {
    writeFileSync(node, `<node>${names.map(domain).join('\n')}</node>`);
    assert.deepEqual((await listLibvirtDomains(uri)).toSorted(), names.toSorted());
  });

  for (const name of names) {
    test(`finds "${name}", and rejects since this driver has no agents`, async () => {
      writeFileSync(node, `<node>${names.map(domain).join('\n')}</node>`);
      await assert.rejects(
        connect(`libvirt+${uri}/${encodeURIComponent(name)}`),
        failedWith('closed', /this libvirt connection has no guest agents.*virDomainQemuAgentCommand/),
      );
    });
  }

  test('rejects unknown domains', async () => {
    writeFileSync(node, `<node>${domain('plain')}</node>`);
    await assert.rejects(connect(`libvirt+${uri}/nobody`), failedWith('closed', /no such domain/));
    await assert.rejects(connect(`libvirt+${uri}/99`), failedWith('closed', /no such domain/));
  });

  test("does not change the user's history", async () => {
    const cache = join(folder, 'cache/libvirt/virsh');
    mkdirSync(cache, { recursive: true });
    writeFileSync(join(cache, 'history'), 'list\n');
    writeFileSync(node, `<node>${domain('plain')}</node>`);
    const { XDG_CACHE_HOME } = process.env;
    process.env['XDG_CACHE_HOME'] = join(folder, 'cache');
    try {
      await listLibvirtDomains(uri);
    } finally {
      if (XDG_CACHE_HOME === undefined) delete process.env['XDG_CACHE_HOME'];
      else process.env['XDG_CACHE_HOME'] = XDG_CACHE_HOME;
    }
    assert.equal(readFileSync(join(cache, 'history'), 'utf8'), 'list\n');
  });

  test('explains a missing daemon', async () => {
    await assert.rejects(
      connect('libvirt+qemu+unix:///system/vm1?socket=/nowhere/libvirt-sock'),
      failedWith('closed', /no libvirt daemon answers/),
    );
  });
});
