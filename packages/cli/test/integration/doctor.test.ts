import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { after, before, describe, test } from 'node:test';
import { channelState } from '../../src/doctor/libvirt.js';
import { fakeOnSocket } from '../support/fake-on-socket.js';
import { guestctl } from '../support/guestctl.js';
import { startProgram } from '../support/program.js';

/** The outcome and name of each check. */
function outcomes(out: string): string[] {
  return out
    .split('\n')
    .filter((line) => /^\S/.test(line))
    .map((line) => line.split(/ +/).slice(0, 2).join(' '));
}

const healthy = [
  'ok socket',
  'ok permission',
  'ok connection',
  'ok handshake',
  'ok answer',
  'ok version',
  'ok filesystems',
  'ok filter',
];

/** The outcomes when this check fails. */
function brokenAt(name: string): string[] {
  const index = healthy.indexOf(`ok ${name}`);
  return healthy.map((line, i) => {
    if (i < index) return line;
    return line.replace('ok', i === index ? 'failed' : 'skipped');
  });
}

describe('guestctl doctor', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'guestctl-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  /** Starts a server that is not an agent. */
  const serving = async (name: string, greeting: string): Promise<{ target: string; server: Server }> => {
    const path = join(folder, name);
    const server = createServer((socket) => {
      socket.on('error', () => {}).resume();
      if (greeting !== '') socket.write(greeting);
    }).listen(path);
    await once(server, 'listening');
    return { target: `unix:${path}`, server };
  };

  test('reports all checks ok for a healthy guest', async () => {
    await using guest = await fakeOnSocket();
    const { status, out } = await guestctl(['doctor', '--to', guest.target]);
    assert.equal(status, 0);
    assert.deepEqual(outcomes(out), healthy);
    assert.doesNotMatch(out, /→/);
  });

  test('notes frozen filesystems and disabled commands', async () => {
    await using guest = await fakeOnSocket({}, { disabled: ['guest-exec'] });
    const args = ['doctor', '--to', guest.target];
    const filtered = await guestctl(args);
    assert.equal(filtered.status, 0);
    assert.match(filtered.out, /^note +filter +1 command disabled: guest-exec\n +→ .*block-rpcs/m);
    await guestctl(['freeze', '--to', guest.target]);
    const frozen = await guestctl(args);
    assert.equal(frozen.status, 0);
    assert.match(frozen.out, /^note +filesystems +frozen: .*\n +→ guestctl thaw$/m);
  });

  test('exits with 3 when the socket does not exist', async () => {
    const { status, out } = await guestctl(['doctor', '--to', `unix:${folder}/none`]);
    assert.equal(status, 3);
    assert.deepEqual(outcomes(out), brokenAt('socket'));
    assert.match(out, /none does not exist\n +→ check that the VM is running/);
    assert.match(out, /^skipped +permission +because socket failed$/m);
  });

  test('exits with 3 when the path is another type of file', async () => {
    writeFileSync(join(folder, 'file'), '');
    const { status, out } = await guestctl(['doctor', '--to', `unix:${folder}/file`]);
    assert.equal(status, 3);
    assert.match(out, /^failed +socket +.*file is not a socket\n +→ .*pty:PATH/m);
    const device = await guestctl(['doctor', '--to', `pty:${folder}/file`]);
    assert.match(device.out, /^failed +device +.*file is not a device\n +→ .*unix:PATH/m);
  });

  test('exits with 3 when no process listens on the socket', async () => {
    const path = join(folder, 'left');
    const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    await once(spawn(process.execPath, ['-e', script]), 'exit');
    const { status, out } = await guestctl(['doctor', '--to', `unix:${path}`]);
    assert.equal(status, 3);
    assert.deepEqual(outcomes(out), brokenAt('connection'));
    assert.match(out, /connection refused/);
  });

  test('exits with 3 when nothing is received', async () => {
    const { target, server } = await serving('silent', '');
    const { status, out } = await guestctl(['doctor', '--timeout', '1s', '--to', target]);
    server.close();
    assert.equal(status, 3);
    assert.deepEqual(outcomes(out), brokenAt('handshake'));
    assert.match(
      out,
      /nothing received\n +→ check that the agent runs in the guest.*another host may be connected/,
    );
  });

  test('shows the received bytes when the other side is not an agent', async () => {
    const { target, server } = await serving('other', 'SSH-2.0-\u001b[2J\r\n');
    const { status, out } = await guestctl(['doctor', '--timeout', '1s', '--to', target]);
    server.close();
    assert.equal(status, 3);
    assert.match(
      out,
      /received 14 bytes without a reply: "SSH-2\.0-\\u001b\[2J\\u000d\\u000a"\n +→ the other side is not a guest agent/,
    );
  });

  test('prints a document with --json', async () => {
    const { status, out } = await guestctl(['doctor', '--json', '--to', `unix:${folder}/none`]);
    assert.equal(status, 3);
    assert.match(
      JSON.stringify(JSON.parse(out)),
      /^\{"healthy":false,"checks":\[\{"name":"socket","outcome":"failed","text":".*","remedy":".*"\},\{"name":"permission","outcome":"skipped","text":"because socket failed"\}/,
    );
  });

  describe('with a libvirt target', () => {
    const channel = (state: string): string =>
      `<channel type='unix'><source mode='bind'/><target type='virtio' name='org.qemu.guest_agent.0'${state}/></channel>`;

    /** Runs with a fake virsh that has the domain vm1. */
    const withVirsh = async (
      args: readonly string[],
      { state = 'running', xml = '' }: { readonly state?: string; readonly xml?: string },
    ): Promise<string> => {
      const bin = mkdtempSync(join(folder, 'bin-'));
      writeFileSync(join(bin, 'xml'), xml);
      writeFileSync(
        join(bin, 'virsh'),
        `#!/bin/sh
while [ $# -gt 0 ]; do
  case $1 in
    -c) shift ;;
    --version) echo 9.0.0; exit ;;
    uri) echo qemu:///system; exit ;;
    domstate) [ "$3" = vm1 ] && echo '${state}' && exit; echo "error: failed to get domain '$3'" >&2; exit 1 ;;
    dumpxml) exec /bin/cat "${bin}/xml" ;;
  esac
  shift
done
exit 1
`,
      );
      chmodSync(join(bin, 'virsh'), 0o755);
      const { out } = await startProgram(['doctor', '--timeout', '5s', ...args], { PATH: bin }).end;
      return out;
    };

    test('reports a missing virsh', async () => {
      const { out, status } = await startProgram(['doctor', '--to', 'libvirt:vm1'], { PATH: folder }).end;
      assert.equal(status, 3);
      assert.match(
        out,
        /^failed +virsh +virsh is not installed\n +→ install the Debian package libvirt-clients/,
      );
    });

    test('reports an unknown domain', async () => {
      const out = await withVirsh(['--to', 'libvirt:vm2'], {});
      assert.match(
        out,
        /^failed +machine +failed to get domain 'vm2'\n +→ list the domains .*: virsh list --all$/m,
      );
    });

    test('prints the command that starts a domain', async () => {
      const out = await withVirsh(['--to', 'libvirt:vm1'], { state: 'shut off' });
      assert.match(out, /^failed +machine +vm1 is not running: shut off\n +→ virsh start vm1$/m);
    });

    test('reports a missing channel', async () => {
      const out = await withVirsh(['--to', 'libvirt:vm1'], { xml: '<domain><devices/></domain>' });
      assert.match(
        out,
        /^failed +channel +the domain has no agent channel\n +→ .*org\.qemu\.guest_agent\.0/m,
      );
    });

    test('reports a channel that no agent has opened', async () => {
      const out = await withVirsh(['--to', 'libvirt:vm1'], { xml: channel(" state='disconnected'") });
      assert.match(out, /^ok +machine +vm1 is running$/m);
      assert.match(out, /^failed +channel +not opened by an agent\n +→ install and start the agent/m);
    });

    test('channelState ignores other channels', () => {
      const other =
        "<channel type='spicevmc'><target type='virtio' name='com.redhat.spice.0' state='disconnected'/></channel>";
      assert.equal(channelState(`<domain>${other}${channel(" state='connected'")}</domain>`), 'connected');
      assert.equal(channelState(channel('')), '');
      assert.equal(channelState(other), undefined);
    });
  });
});
