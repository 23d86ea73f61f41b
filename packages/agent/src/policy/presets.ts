import type { commands } from '@guestwire/protocol/contract';

/** A named set of commands, for `--policy=NAME` and the key `preset` of a policy file. */
export interface Preset {
  readonly name: string;
  /** What it is for, in a phrase. */
  readonly summary: string;
  /** The commands that it allows; `all` includes those of an embedding program. */
  readonly commands: ReadonlySet<string> | 'all';
  /** Whether it allows `guest-file-open` to read files. */
  readonly read: boolean;
  /** Whether it allows `guest-file-open` to write and to create files. */
  readonly write: boolean;
}

type CommandName = keyof typeof commands;

/** Without these no host can use the channel: libvirt, Proxmox VE and the client library send them first. */
const CHANNEL: readonly CommandName[] = ['guest-sync-delimited', 'guest-sync', 'guest-ping', 'guest-info'];

/** Commands that return information and change nothing. */
const AUDIT: readonly CommandName[] = [
  'guest-get-time',
  'guest-fsfreeze-status',
  'guest-network-get-interfaces',
  'guest-network-get-route',
  'guest-get-vcpus',
  'guest-get-disks',
  'guest-get-fsinfo',
  'guest-get-memory-blocks',
  'guest-get-memory-block-info',
  'guest-get-host-name',
  'guest-get-users',
  'guest-get-timezone',
  'guest-get-osinfo',
  'guest-get-diskstats',
  'guest-get-cpustats',
  'guest-get-load',
];

const OPEN_FILES: readonly CommandName[] = ['guest-file-open', 'guest-file-close', 'guest-file-seek'];

const FILESYSTEM: readonly CommandName[] = [
  'guest-fsfreeze-status',
  'guest-fsfreeze-freeze',
  'guest-fsfreeze-freeze-list',
  'guest-fsfreeze-thaw',
  'guest-fstrim',
];

function preset(
  name: string,
  summary: string,
  names: readonly CommandName[],
  access: { readonly read?: true; readonly write?: true } = {},
): Preset {
  const { read = false, write = false } = access;
  return { name, summary, commands: new Set([...CHANNEL, ...names]), read, write };
}

/**
 * The presets. Names and meanings are those of the privileges that Proxmox VE 9 gives its users for the guest agent:
 * `VM.GuestAgent.Audit`, `.FileRead`, `.FileWrite`, `.FileSystemMgmt`, `.Unrestricted` (docs/policy.md has the sources).
 */
export const PRESETS: readonly Preset[] = [
  preset('audit', 'information about the guest', AUDIT),
  preset('file-read', 'read files', [...OPEN_FILES, 'guest-file-read'], { read: true }),
  preset('file-write', 'write and create files', [...OPEN_FILES, 'guest-file-write', 'guest-file-flush'], {
    write: true,
  }),
  preset('filesystem', 'freeze, thaw and trim filesystems', FILESYSTEM),
  { name: 'unrestricted', summary: 'all commands', commands: 'all', read: true, write: true },
];

/** Returns the preset of that name; undefined if it does not exist. */
export function findPreset(name: string): Preset | undefined {
  return PRESETS.find((candidate) => candidate.name === name);
}
