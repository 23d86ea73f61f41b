import { realpathSync } from 'node:fs';
import type { Policy } from './policy.js';

/** Programs that run whatever their arguments say, at the paths where distributions have them. */
const INTERPRETERS: readonly string[] = [
  'ash',
  'awk',
  'bash',
  'busybox',
  'dash',
  'env',
  'find',
  'gawk',
  'mawk',
  'nsenter',
  'perl',
  'python3',
  'sh',
  'ssh',
  'sudo',
  'systemd-run',
  'tar',
  'vim',
  'xargs',
  'zsh',
];

/** Returns what a valid policy probably does not do as it was meant. */
export function policyWarnings(policy: Policy): readonly string[] {
  return [
    ...channelWarnings(policy),
    ...linkWarnings(policy),
    ...kernelWarnings(policy),
    ...programWarnings(policy),
  ];
}

function channelWarnings(policy: Policy): readonly string[] {
  const names = ['guest-sync-delimited', 'guest-sync', 'guest-ping', 'guest-info'];
  const missing = names.filter((name) => !policy.command(name).allowed);
  return missing.length === 0
    ? []
    : [`most hosts cannot use a channel without ${missing.join(', ')}; every preset allows them`];
}

/** A rule is compared with resolved paths, so that one that is written through a link matches nothing. */
function linkWarnings(policy: Policy): readonly string[] {
  const { paths = [], programs = [] } = policy.rules;
  const allowing = [...paths, ...programs].filter(({ effect }) => effect === 'allow');
  return allowing.flatMap(({ glob, text }) => {
    const resolved = resolvedFolder(glob.fixedPrefix);
    return resolved === glob.fixedPrefix
      ? []
      : [
          `${text}: ${glob.fixedPrefix} leads to ${resolved} through a link; write ${glob.below(resolved).text}`,
        ];
  });
}

function resolvedFolder(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    // It does not exist yet.
    return folder;
  }
}

/** Files of the kernel that hold the memory of processes, or change the guest. */
function kernelWarnings(policy: Policy): readonly string[] {
  if (!policy.command('guest-file-open').allowed) return [];
  const warnings: string[] = [];
  for (const [path, access, verb] of KERNEL_FILES) {
    if (!policy.access(access).allowed || !policy.path(path, access).allowed) continue;
    warnings.push(`${path} may be ${verb}: add deny = /proc/** and deny-write = /sys/**`);
  }
  return warnings;
}

const KERNEL_FILES = [
  ['/proc/1/mem', 'read', 'read'],
  ['/proc/sysrq-trigger', 'write', 'written'],
] as const;

function programWarnings(policy: Policy): readonly string[] {
  if (!policy.command('guest-exec').allowed) return [];
  const { programs, paths } = policy.rules;
  if (programs === undefined) {
    return paths === undefined
      ? []
      : ['guest-exec may run any program, so that the rules of [files] restrict nothing; add [programs]'];
  }
  const args = ['-c', 'true'];
  const found = INTERPRETERS.flatMap((name) => [`/usr/bin/${name}`, `/bin/${name}`]).find(
    (path) => policy.program({ path, args }).allowed,
  );
  return found === undefined ? [] : [`${found} is allowed with any arguments: it can do everything`];
}
