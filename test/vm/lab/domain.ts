import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatTarget } from '@guestwire/client';
import { type Conversation, converse, shell } from './conversation.js';
import { type DiskMaker, overlayOn } from './disks.js';
import { domainXml } from './domain-xml.js';
import { lastLines } from './guest.js';
import type { GuestImage } from './guest-image.js';
import { type Answer, type Libvirt, startLibvirt } from './libvirt.js';
import { type LibvirtEvents, listenToLibvirt } from './libvirt-events.js';
import { ownedFolder } from './owned-folder.js';

export type { Answer };

/** The parts of a domain. */
export interface DomainHardware {
  readonly image: GuestImage;
  /** More disks: `/dev/vdb`, `/dev/vdc` and so on. */
  readonly disks: readonly DiskMaker[];
  /** More arguments for the kernel. */
  readonly kernelArguments: string;
}

/** A guest with a separate libvirt. Disposing it ends both and removes their files. */
export interface Domain extends AsyncDisposable {
  /** A folder that is removed with the domain. */
  readonly folder: string;
  /** The target of the client library. */
  readonly target: string;
  /** Runs a command of virsh on the domain; the domain's name is inserted after the command. */
  virsh(command: string, ...args: readonly string[]): Promise<Answer>;
  /** The events of the domain. */
  readonly events: LibvirtEvents;
  /** Starts the domain, and waits for its agent. */
  start(): Promise<void>;
  /** Waits until libvirt reports that the agent has opened its port. */
  agentComes(): Promise<string>;
  /** Runs a shell command in the guest without libvirt, so that no test is disturbed, and returns its output. */
  shell(script: string): Promise<string>;
  /** The log of libvirt's daemon about the agent and QEMU. */
  log(): string;
  /** Restarts libvirt's daemon; the guest continues to run. */
  restartLibvirt(): Promise<void>;
}

const NAME = 'guest';

/** Returns the output of a command that succeeded; throws otherwise. */
function succeeded({ status, stdout, stderr }: Answer): string {
  if (status !== 0) throw new Error(`virsh: ${stderr}`);
  return stdout;
}

/** It has a fixed UUID, so that it can be defined repeatedly. */
const WITNESS = `<domain type='qemu'>
  <name>witness</name>
  <uuid>5d7f0c1e-8a52-4f0b-9c3e-2f6d1b7a4e90</uuid>
  <memory>1024</memory>
  <os><type>hvm</type></os>
</domain>
`;

/** Defines another domain repeatedly until the listener reports it; from then on no event is missed. */
async function heard(libvirt: Libvirt, folder: string): Promise<LibvirtEvents> {
  const file = join(folder, 'witness.xml');
  writeFileSync(file, WITNESS);
  const events = listenToLibvirt(libvirt.uri);
  for (let attempt = 1; ; attempt++) {
    succeeded(await libvirt.virsh('define', file));
    try {
      await events.next('Defined', 500);
      return events;
    } catch (error) {
      if (attempt < 20) continue;
      events[Symbol.dispose]();
      throw error;
    }
  }
}

/** Makes a domain, not started, and a libvirt for it. Requires root. */
export async function makeDomain(hardware: DomainHardware): Promise<Domain> {
  const own = ownedFolder();
  const file = (part: string): string => join(own.path, part);
  let reference: Conversation | undefined;
  const forgetReference = async (): Promise<void> => {
    await reference?.[Symbol.asyncDispose]();
    reference = undefined;
  };
  const cleanups: (() => void | PromiseLike<void>)[] = [() => own[Symbol.asyncDispose](), forgetReference];
  const dispose = async (): Promise<void> => {
    for (const cleanup of cleanups.toReversed()) await cleanup();
  };
  try {
    overlayOn(hardware.image.disk, file('root.qcow2'));
    const disks = hardware.disks.map((make, index) => ({ make, path: file(`disk-${index}`) }));
    for (const { make, path } of disks) await make(path);
    writeFileSync(
      file('domain.xml'),
      domainXml(NAME, {
        ...hardware,
        overlay: file('root.qcow2'),
        disks: disks.map(({ path }) => path),
        console: file('console'),
        referenceSocket: file('reference'),
      }),
    );
    const libvirt = await startLibvirt(own.path);
    cleanups.push(() => libvirt[Symbol.asyncDispose]());
    let events = await heard(libvirt, own.path);
    cleanups.push(() => events[Symbol.dispose]());
    succeeded(await libvirt.virsh('define', file('domain.xml')));
    const domain: Domain = {
      folder: own.path,
      target: formatTarget({ kind: 'libvirt', uri: libvirt.uri, domain: NAME }),
      virsh: (command, ...args) => libvirt.virsh(command, NAME, ...args),
      get events() {
        return events;
      },
      async start() {
        await forgetReference();
        succeeded(await libvirt.virsh('start', NAME));
        await domain.agentComes();
      },
      async agentComes() {
        try {
          return await events.next("state: 'connected'");
        } catch (cause) {
          const console = lastLines(readFileSync(file('console'), 'latin1'), 30);
          throw new Error(`the agent does not start; the guest's console:\n${console}`, { cause });
        }
      },
      async shell(script) {
        // The guest may have restarted since the last time, and the C agent in it.
        if (reference === undefined) reference = await converse(file('reference'));
        else await reference.synchronize();
        return await shell(reference, script);
      },
      log: libvirt.log,
      async restartLibvirt() {
        events[Symbol.dispose]();
        await libvirt.restart();
        events = await heard(libvirt, own.path);
      },
      [Symbol.asyncDispose]: dispose,
    };
    return domain;
  } catch (error) {
    await dispose();
    throw error;
  }
}
