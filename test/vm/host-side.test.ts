// The library and guestctl with a real guest: the examples of the README, and every way in which a freeze can end.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { projectFolder } from '../compat/agents.js';
import { type ReadersFolder, readersFolder, readmeBlock } from '../docs/support.js';
import type { Guest } from './lab/guest.js';
import { guestdImage } from './lab/guest-image.js';
import { describeGuest } from './lab/suite.js';

const run = promisify(execFile);

/** The path of the guest's socket in the README. */
const SOCKET_OF_README = '/run/vm1/qga.sock';

/** Returns a host's folder with the files of the README. */
function hostFolder(guest: Guest): ReadersFolder & { readonly env: NodeJS.ProcessEnv } {
  const folder = readersFolder();
  const target = `unix:${guest.machine.agentSocket}`;
  for (const name of ['site', 'bin', 'guestwire']) mkdirSync(join(folder.path, name));
  folder.write('site/index.html', '<h1>hello</h1>\n');
  // Two names with different spellings, since a target that is named twice is used once.
  const names = { web1: target, web2: `unix:/${guest.machine.agentSocket}` };
  folder.write('guestwire/targets.json', JSON.stringify(names));
  folder.write('snapshot.sh', '#!/bin/sh\ntouch snapshot\n', 0o755);
  symlinkSync(join(projectFolder, 'packages/cli/bin/guestctl.js'), join(folder.path, 'bin/guestctl'));
  const env = {
    ...process.env,
    PATH: `${join(folder.path, 'bin')}:${process.env['PATH']}`,
    XDG_CONFIG_HOME: folder.path,
    GUESTCTL_TARGET: target,
  };
  return Object.assign(folder, { env });
}

/** Runs `guestctl freeze` and returns its result; `meanwhile` is called while the command runs. */
async function freezeAround(
  guest: Guest,
  args: readonly string[],
  meanwhile: (pid: number) => Promise<void> = async () => {},
): Promise<{ readonly status: unknown; readonly said: string }> {
  using folder = hostFolder(guest);
  const child = spawn('guestctl', ['freeze', ...args], { cwd: folder.path, env: folder.env });
  const said = text(child.stderr);
  let printed = '';
  for await (const bytes of child.stdout) {
    printed += String(bytes);
    if (!printed.includes('running')) continue;
    printed = '';
    await meanwhile(child.pid ?? 0);
  }
  const [code, signal] = await once(child, 'close');
  return { status: code ?? signal, said: await said };
}

function isThawed(guest: Guest): Promise<void> {
  return guest.withHost(async (host) => assert.equal(await host.ask('guest-fsfreeze-status'), 'thawed'));
}

/** Returns a command that prints that it runs, and ends after some seconds. */
function commandOf(seconds: number): readonly string[] {
  return ['--', '/bin/sh', '-c', `echo running; exec sleep ${seconds}`];
}

describeGuest(
  'the host side with a real guest',
  () => ({ image: guestdImage() }),
  (see) => {
    see('a host connects to the agent', (guest) => guest.withHost(async () => {}));

    see('the program of the README works as described', async (guest) => {
      using folder = hostFolder(guest);
      const program = readmeBlock('ts', '@guestwire/client').replaceAll(
        SOCKET_OF_README,
        guest.machine.agentSocket,
      );
      folder.write('main.ts', program);
      folder.compile();
      const { stdout } = await run(process.execPath, ['built/main.js'], { cwd: folder.path });
      assert.match(stdout, /^Debian GNU\/Linux 13 \(trixie\), kernel \d+\.\d+\./);
      assert.equal(await guest.shell('cat /srv/site/index.html'), '<h1>hello</h1>\n');
      assert.ok(existsSync(join(folder.path, 'snapshot')));
      await isThawed(guest);
      await guest.shell('rm -r /srv/site');
    });

    see('the commands of the README work as described', async (guest) => {
      using folder = hostFolder(guest);
      const commands = readmeBlock('sh').replaceAll(SOCKET_OF_README, guest.machine.agentSocket);
      const running = run('/bin/sh', ['-e', '-c', commands], { cwd: folder.path, env: folder.env });
      running.child.stdin?.end(); // which `guestctl exec` passes on
      const { stdout } = await running;
      assert.match(stdout, /^Agent version/m);
      assert.match(stdout, /^guest$/m);
      assert.match(stdout, /^web1: answered.*\nweb2: answered|^web2: answered.*\nweb1: answered/m);
      assert.equal(await guest.shell('cat /srv/site/index.html'), '<h1>hello</h1>\n');
      assert.ok(existsSync(join(folder.path, 'snapshot')));
      await isThawed(guest);
    });

    see('guestctl freeze thaws when the command fails, and exits with its status', async (guest) => {
      const { status } = await freezeAround(guest, ['--for', '60s', '--', '/bin/sh', '-c', 'exit 7']);
      assert.equal(status, 7);
      await isThawed(guest);
    });

    for (const [signal, expected] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ] as const) {
      see(`guestctl freeze thaws on ${signal}`, async (guest) => {
        const { status } = await freezeAround(guest, ['--for', '60s', ...commandOf(600)], async (pid) => {
          process.kill(pid, signal);
        });
        assert.equal(status, expected);
        await isThawed(guest);
      });
    }

    see('guestctl freeze reports that --for expired before the command ended', async (guest, context) => {
      const { status, said } = await freezeAround(guest, ['--for', '3s', ...commandOf(6)]);
      context.diagnostic(`guestctl: ${said.trim()}`);
      assert.equal(status, 1);
      assert.match(said, /the time of --for, before the command ended/);
      await isThawed(guest);
    });

    see('guestctl freeze reports that another program has thawed the guest', async (guest, context) => {
      const { status, said } = await freezeAround(guest, ['--for', '120s', ...commandOf(6)], async () => {
        // The C agent in the same guest did not freeze, but thaws.
        await guest.reference.ask('guest-fsfreeze-thaw');
      });
      context.diagnostic(`guestctl: ${said.trim()}`);
      assert.equal(status, 1);
      assert.match(said, /thawed by something else/);
      await isThawed(guest);
    });
  },
);
