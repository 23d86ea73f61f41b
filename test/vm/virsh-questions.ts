// The commands of virsh that run with the C agent and then with guestd in the same guest.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ping, restart, sleepToDisk, sleepToMemory } from './virsh-guest-life.js';
import {
  agent,
  data,
  inTurn,
  type Question,
  refused,
  request,
  sequence,
  snapshot,
  virsh,
  withFile,
} from './virsh-question.js';

/** The `0xFF` before the reply is not JSON, and libvirt ignores the agent until it has opened its port again. */
const delimiter: Question = {
  title: 'guest-sync-delimited, after which libvirt ignores the agent',
  needs: ['guest-sync-delimited'],
  exits: [1, 1, 1, 0],
  async ask(domain) {
    const answers = await inTurn(domain, [request('guest-sync-delimited', { id: 5 }), ping, ping]);
    await domain.shell('systemctl restart qemu-guest-agent');
    await domain.agentComes();
    return [...answers, await domain.virsh(...ping)];
  },
};

function key(name: string): string {
  return `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${Buffer.alloc(32, name).toString('base64').slice(0, 42)} ${name}@host\n`;
}

const sshKeys = sequence(
  'set-user-sshkeys, get-user-sshkeys',
  ['guest-ssh-add-authorized-keys', 'guest-ssh-get-authorized-keys', 'guest-ssh-remove-authorized-keys'],
  [0, 0, 0, 0, 0, 0, 0, 0, 1],
  (domain) => {
    const file = (name: string, text: string): string => {
      const path = join(domain.folder, name);
      writeFileSync(path, text);
      return path;
    };
    const [both, first] = [file('both-keys', key('first') + key('second')), file('first-key', key('first'))];
    return [
      ['set-user-sshkeys', 'root', '--reset', '--file', both],
      ['get-user-sshkeys', 'root'],
      ['set-user-sshkeys', 'root', '--remove', '--file', first],
      ['get-user-sshkeys', 'root'],
      ['set-user-sshkeys', 'root', '--file', both],
      ['get-user-sshkeys', 'root'],
      ['set-user-sshkeys', 'root', '--reset'],
      ['get-user-sshkeys', 'root'],
      ['get-user-sshkeys', 'nobody-of-this-name'],
    ];
  },
);

const clock = sequence(
  'domtime with all its options',
  ['guest-get-time', 'guest-set-time'],
  [0, 0, 1, 1, 1, 0],
  () => [
    ['domtime'],
    ['domtime', '--pretty'],
    ['domtime', '--time', '1800000000'],
    ['domtime', '--now'],
    ['domtime', '--sync'],
    ['domtime'],
  ],
);

function withoutTime(question: Question): Question {
  return {
    ...question,
    same: (text) => text.replace(/\d{10}|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, '<time>'),
  };
}

function withoutUse(question: Question): Question {
  return {
    ...question,
    same: (text) => text.replace(/(used-bytes *: )\d+/g, '$1<count>'),
  };
}

const facts = {
  user: 'guest-get-users',
  os: 'guest-get-osinfo',
  timezone: 'guest-get-timezone',
  hostname: 'guest-get-host-name',
  filesystem: 'guest-get-fsinfo',
  disk: 'guest-get-disks',
  interface: 'guest-network-get-interfaces',
} as const;

/** The questions in the order in which they run; `lastQuestion` follows them. */
export const questions: readonly Question[] = [
  agent('{"execute":"guest-ping"}'),
  agent('{"execute":"guest-ping","id":"mine"}'),
  agent('{"execute":"guest-ping"}', '--timeout', '7'),
  agent('{"execute":"guest-ping"}', '--block'),
  agent('{"execute":"guest-sync","arguments":{"id":1234567890123}}'),
  agent('{"execute":"guest-sync","arguments":{"id":-1}}', '--pretty'),
  refused(agent('{"execute":"guest-nope"}')),
  refused(agent('{"execute":"guest-nope"}', '--timeout', '7')),
  refused(agent('{"execute":"guest-sync"}')),
  refused(agent('{"execute":"guest-sync","arguments":{"id":"one"}}')),
  refused(agent('{"execute":"guest-sync","arguments":{"id":1,"more":true}}')),
  refused(agent('{"execute":"guest-ping","arguments":[]}')),
  refused(agent('{"execute":17}')),
  refused(agent('{"ping":true}')),
  refused(agent('[1]')),
  refused(agent('guest-ping')),
  refused(agent('{"execute":"guest-file-open","arguments":{"path":"/missing"}}')),
  refused(agent('{"execute":"guest-file-open","arguments":{"path":"/etc","mode":"w"}}')),
  refused(agent('{"execute":"guest-file-open","arguments":{"path":"/etc/hostname","mode":"z"}}')),
  refused(agent('{"execute":"guest-file-read","arguments":{"handle":999}}')),
  // A reply of 4 MiB is above libvirt's limit for virsh.
  withFile(
    'qemu-agent-command with a large file',
    [0, 0, 0, 0, 0, 0, 1, 0, 0],
    { path: '/root/copy', mode: 'w+' },
    (handle) => [
      request('guest-file-write', { handle, 'buf-b64': data(90_000) }),
      request('guest-file-seek', { handle, offset: 3_300_000, whence: 'set' }),
      request('guest-file-write', { handle, 'buf-b64': data(11), count: 4 }),
      request('guest-file-seek', { handle, offset: 0, whence: 0 }),
      request('guest-file-read', { handle, count: 1_200_000 }),
      request('guest-file-seek', { handle, offset: 0, whence: 'set' }),
      request('guest-file-read', { handle, count: 4_000_000 }),
      request('guest-file-read', { handle }),
    ],
  ),
  withFile(
    'qemu-agent-command with a name outside of ASCII',
    [1, 1, 1, 0, 0],
    { path: '/root/Füße \u{1f463}', mode: 'w' },
    (handle) => [
      request('guest-file-write', { handle, 'buf-b64': data(10), count: 11 }),
      request('guest-file-write', { handle, 'buf-b64': '****' }),
      request('guest-file-read', { handle }),
      request('guest-file-flush', { handle }),
    ],
  ),
  sequence(
    'domfsfreeze and domfsthaw, each twice',
    ['guest-fsfreeze-freeze', 'guest-fsfreeze-thaw'],
    [0, 1, 0, 1, 1, 0, 0, 0],
    () => [
      ['domfsfreeze'],
      ['domfsfreeze'],
      ['qemu-agent-command', '{"execute":"guest-fsfreeze-status"}'],
      ['qemu-agent-command', '{"execute":"guest-file-open","arguments":{"path":"/etc/hostname"}}'],
      ['dompmsuspend', 'disk'],
      ['domfsthaw'],
      ['domfsthaw'],
      ['qemu-agent-command', '{"execute":"guest-fsfreeze-status"}'],
    ],
  ),
  sequence(
    'domfsfreeze --mountpoint',
    ['guest-fsfreeze-freeze-list', 'guest-fsfreeze-thaw'],
    [0, 1, 1, 0],
    () => [
      ['domfsfreeze', '--mountpoint', '/'],
      ['domfsthaw', '--mountpoint', '/'],
      ['domfsfreeze', '--mountpoint', '/missing'],
      ['domfsthaw'],
    ],
  ),
  snapshot('snapshot-create-as --quiesce', [0, 0, 0], ({ folder }) => folder),
  snapshot('snapshot-create-as --quiesce, which fails', [1, 0, 0], () => '/missing'),
  virsh([facts.filesystem], 'domfsinfo'),
  virsh(['guest-fstrim'], 'domfstrim'),
  virsh(['guest-fstrim'], 'domfstrim', '--minimum', '1048576'),
  refused(virsh(['guest-fstrim'], 'domfstrim', '--mountpoint', '/')),
  withoutUse(virsh(Object.values(facts), 'guestinfo')),
  ...Object.entries(facts).map(([type, command]) => withoutUse(virsh([command], 'guestinfo', `--${type}`))),
  virsh([facts.interface], 'domifaddr', '--source', 'agent'),
  virsh([facts.interface], 'domifaddr', '--source', 'agent', '--full'),
  virsh([facts.interface], 'domifaddr', 'lo', '--source', 'agent'),
  virsh([facts.hostname], 'domhostname', '--source', 'agent'),
  withoutTime(clock),
  virsh(['guest-set-user-password'], 'set-user-password', 'root', 'secret'),
  virsh(['guest-set-user-password'], 'set-user-password', 'root', '$6$salt$hash', '--encrypted'),
  refused(virsh(['guest-set-user-password'], 'set-user-password', 'nobody-of-this-name', 'secret')),
  virsh(['guest-get-vcpus'], 'guestvcpus'),
  virsh(['guest-get-vcpus', 'guest-set-vcpus'], 'guestvcpus', '0', '--enable'),
  refused(virsh(['guest-get-vcpus', 'guest-set-vcpus'], 'guestvcpus', '0', '--disable')),
  virsh(['guest-get-vcpus'], 'vcpucount', '--guest'),
  sshKeys,
  delimiter,
  sleepToDisk,
  sleepToMemory,
  restart,
];
