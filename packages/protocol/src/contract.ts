/** The contract: every command and type of the guest agent, generated from `schema/`. */
import { commands } from './generated/guest-agent.js';

export * from './generated/guest-agent.js';

type CommandName = keyof typeof commands;

function isCommandName(name: string): name is CommandName {
  return Object.hasOwn(commands, name);
}

const COMMANDS = `
  guest-sync-delimited guest-sync guest-ping guest-get-time guest-set-time guest-info guest-shutdown
  guest-file-open guest-file-close guest-file-read guest-file-write guest-file-seek guest-file-flush
  guest-fsfreeze-status guest-fsfreeze-freeze guest-fsfreeze-freeze-list guest-fsfreeze-thaw guest-fstrim
  guest-suspend-disk guest-suspend-ram guest-suspend-hybrid guest-network-get-interfaces guest-get-vcpus
  guest-set-vcpus guest-get-disks guest-get-fsinfo guest-set-user-password guest-get-memory-blocks
  guest-set-memory-blocks guest-get-memory-block-info guest-exec-status guest-exec guest-get-host-name
  guest-get-users guest-get-timezone guest-get-osinfo guest-ssh-get-authorized-keys
  guest-ssh-add-authorized-keys guest-ssh-remove-authorized-keys guest-get-diskstats guest-get-cpustats
  guest-get-load guest-network-get-route
`;

/** The names of all commands on Linux, in the order in which QEMU registers them (qemu-ga §5.1). */
export const REGISTRATION_ORDER: readonly CommandName[] = COMMANDS.split(/\s+/).filter(isCommandName);

/** The commands that stay enabled while the agent keeps filesystems frozen (qemu-ga §6). */
export const ALLOWED_WHILE_FROZEN: ReadonlySet<string> = new Set([
  'guest-ping',
  'guest-info',
  'guest-sync',
  'guest-sync-delimited',
  'guest-fsfreeze-status',
  'guest-fsfreeze-thaw',
]);
