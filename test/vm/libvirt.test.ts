// The laboratory's libvirt: independent of a libvirt of this machine, and removed after each test.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { describe, it } from 'node:test';
import { startLibvirt } from './lab/libvirt.js';
import { ownedFolder } from './lab/owned-folder.js';
import { whatIsMissing } from './lab/requirements.js';

function lab(module: string): string {
  return new URL(`./lab/${module}.js`, import.meta.url).href;
}

/** Starts a libvirt as a test does, prints its folder, and waits forever. */
const runner = `
  const { startLibvirt } = await import(${JSON.stringify(lab('libvirt'))});
  const { ownedFolder } = await import(${JSON.stringify(lab('owned-folder'))});
  const { path } = ownedFolder();
  await startLibvirt(path);
  console.log(path);
  setInterval(() => {}, 1000);
`;

describe('startLibvirt', { skip: whatIsMissing('libvirt') ?? false, timeout: 120_000 }, () => {
  it('lists only its own machines, and writes only to its folder', async () => {
    const others = ['/run/libvirt', '/var/lib/libvirt', '/var/log/libvirt', '/etc/libvirt/qemu.conf'];
    const before = others.map((path) => existsSync(path));
    await using folder = ownedFolder();
    await using libvirt = await startLibvirt(folder.path);
    assert.deepEqual(await libvirt.virsh('list', '--all', '--name'), { status: 0, stdout: '\n', stderr: '' });
    assert.deepEqual(
      others.map((path) => existsSync(path)),
      before,
    );
  });

  it('restarts while virsh is connected', async () => {
    await using folder = ownedFolder();
    await using libvirt = await startLibvirt(folder.path);
    await libvirt.restart();
    assert.equal((await libvirt.virsh('list')).status, 0);
  });

  it('ends when its test runner is killed, and its folder is removed', async () => {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', runner], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const folder = line.toString().trim();
    // The daemon's connections close when it ends.
    const witness = connect({ path: join(folder, 'run/libvirt/libvirt-sock') });
    await once(witness, 'connect');
    const ended = once(witness.resume(), 'close');
    child.kill('SIGKILL');
    await ended;
    while (existsSync(folder)) await new Promise((resolve) => setTimeout(resolve, 20));
  });
});
