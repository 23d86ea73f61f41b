import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { FakeGuest } from '@guestwire/testing';
import type { Carried } from './fake-virsh-program.js';

/** A fake libvirt with one running domain, `vm1`, with the number 5 and a fake guest. */
export interface FakeLibvirt extends AsyncDisposable {
  /** The commands of virsh, each a list of words; the first is `start` with its command line. */
  readonly commands: readonly (readonly string[])[];
  /** The number of virsh processes started so far. */
  readonly started: number;
  /** Replaces the results of the next commands of this name, in order. */
  instead(name: string, ...carried: readonly (Carried | (() => Promise<Carried>))[]): void;
}

const known: ReadonlySet<string> = new Set(['start', 'list', 'domid', 'qemu-agent-command']);

const program = fileURLToPath(new URL('fake-virsh-program.js', import.meta.url));

/** Puts a fake virsh first in `PATH`, until disposed. */
export async function fakeLibvirt(fake: FakeGuest): Promise<FakeLibvirt> {
  const folder = mkdtempSync(join(tmpdir(), 'guestwire-libvirt-'));
  const socketPath = join(folder, 'libvirt.sock');
  const virsh = join(folder, 'virsh');
  writeFileSync(virsh, `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
  chmodSync(virsh, 0o755);

  const commands: string[][] = [];
  const scripted = new Map<string, (Carried | (() => Promise<Carried>))[]>();
  const guest = converse(fake);

  const carryOut = async (words: readonly string[]): Promise<Carried> => {
    const [name = '', ...rest] = words;
    const next = scripted.get(name)?.shift();
    if (next !== undefined) return typeof next === 'function' ? await next() : next;
    const domain = rest.find((word) => word.startsWith('--domain='))?.slice('--domain='.length);
    switch (name) {
      case 'start':
        return {};
      case 'list':
        return { output: 'vm1' };
      case 'domid':
        return domain === 'vm1' ? { output: '5' } : { error: `failed to get domain '${domain}'` };
      case 'qemu-agent-command':
        if (domain !== '5' && domain !== 'vm1') return { error: `failed to get domain '${domain}'` };
        return await guest.ask(rest.at(-1) ?? '');
      default:
        return { error: `unknown command: '${name}'` };
    }
  };

  const server = createServer(async (socket: Socket) => {
    socket.on('error', () => {});
    for await (const line of createInterface({ input: socket })) {
      const words: string[] = JSON.parse(line);
      // The host marks the end of the errors by an unknown command.
      if (known.has(words[0] ?? '')) commands.push(words);
      const carried = await carryOut(words);
      if (socket.writable) socket.write(`${JSON.stringify(carried)}\n`);
    }
  }).listen(socketPath);
  await once(server, 'listening');

  const { PATH, FAKE_LIBVIRT } = process.env;
  process.env['PATH'] = `${folder}:${PATH}`;
  process.env['FAKE_LIBVIRT'] = socketPath;
  return {
    commands,
    get started() {
      return commands.filter(([name]) => name === 'start').length;
    },
    instead(name, ...carried) {
      scripted.set(name, [...(scripted.get(name) ?? []), ...carried]);
    },
    async [Symbol.asyncDispose]() {
      process.env['PATH'] = PATH;
      if (FAKE_LIBVIRT === undefined) delete process.env['FAKE_LIBVIRT'];
      server.close();
      await fake.disconnect();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Sends requests to a guest as libvirt does: one line each, with libvirt's error texts. */
function converse(fake: FakeGuest): { ask(request: string): Promise<Carried> } {
  const { host } = fake;
  const lines = createInterface({ input: Readable.from(host, { objectMode: false }) })[
    Symbol.asyncIterator
  ]();
  return {
    async ask(request) {
      await host.write(Buffer.from(`${request}\n`));
      const { value } = await lines.next();
      const reply: unknown = JSON.parse(value);
      const error = memberOf(reply, 'error');
      if (error === undefined) return { output: JSON.stringify(reply) };
      const command = String(memberOf(JSON.parse(request), 'execute'));
      const desc = String(memberOf(error, 'desc'));
      return { error: `internal error: unable to execute QEMU agent command '${command}': ${desc}` };
    },
  };
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
