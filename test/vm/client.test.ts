// The client through a real libvirt, with three agents one after the other on the port of one guest.
import { readFileSync } from 'node:fs';
import { after, before, describe } from 'node:test';
import { type Commands, connect } from '@guestwire/client';
import { clientSuite, type Subject } from '../client/suite.js';
import { filesDisk } from './lab/disks.js';
import { type Domain, makeDomain } from './lab/domain.js';
import { GUESTD_PORT, guestImage } from './lab/guest-image.js';
import { guestdPackage } from './lab/guestd-package.js';
import { whatIsMissing } from './lab/requirements.js';
import { oldAgentCommand, oldAgentFiles, whyNoOldAgent } from './old-agent.js';

interface Candidate {
  readonly name: string;
  readonly release: string;
  readonly absent: readonly (keyof Commands)[];
  /** Replaces the previous agent by this one. A disk with the necessary files is mounted on `/mnt`. */
  readonly script: string;
}

const OLD = 'qemu-ga-of-debian-12';

const candidates: readonly Candidate[] = [
  { name: 'qemu-ga 10.0', release: '10.0', absent: [], script: 'systemctl restart qemu-guest-agent' },
  {
    name: 'qemu-ga 7.2',
    release: '7.2',
    absent: ['guest-get-load', 'guest-network-get-route'],
    script: `systemctl stop qemu-guest-agent
      systemd-run --quiet --unit ${OLD} -p RuntimeDirectory=${OLD} ${oldAgentCommand('/mnt')} -p /dev/virtio-ports/${GUESTD_PORT} -t /run/${OLD}`,
  },
  {
    name: 'guestd',
    release: '11.0',
    absent: [],
    script: `systemctl stop ${OLD}; dpkg -i /mnt/guestd.deb`,
  },
];

/** Milliseconds until a reply: a guest has one emulated processor, which may be shared. */
const PATIENCE = 120_000;

const TIMEOUT = 1_150_000;

describe('the client through libvirt', {
  skip: whatIsMissing('libvirt') ?? whyNoOldAgent() ?? false,
  timeout: TIMEOUT,
}, () => {
  let domain: Domain;

  before(async () => {
    const files = { ...oldAgentFiles(), 'guestd.deb': readFileSync(guestdPackage()) };
    domain = await makeDomain({
      image: guestImage(),
      disks: [filesDisk(files, '200M')],
      kernelArguments: '',
    });
    await domain.start();
    await domain.shell('mount -r /dev/vdb /mnt');
  });
  after(async () => {
    await domain?.[Symbol.asyncDispose]();
  });

  const take = async (script: string): Promise<Subject> => {
    await domain.shell(`set -e; ${script}`);
    await domain.agentComes();
    const folder = (await domain.shell('mktemp --directory /root/client-XXXXXX')).trim();
    return {
      connect: () => connect(domain.target, { timeout: PATIENCE, callTimeout: PATIENCE }),
      folder,
      async [Symbol.asyncDispose]() {
        await domain.shell(`rm -r ${folder}`);
      },
    };
  };

  for (const { name, script, ...options } of candidates) {
    clientSuite(`${name}, through libvirt`, () => take(script), {
      ...options,
      mayFreeze: true,
      files: 30,
      large: 400_000,
    });
  }
});
