import { Base64Data } from '@guestwire/protocol';
import { ALLOWED_WHILE_FROZEN } from '@guestwire/protocol/contract';
import type { Descriptor, MemberDescriptor } from '@guestwire/schema';
import { type FakeHandlers, uncheckedResult } from './handlers.js';
import type { DisabledReason, Release } from './release.js';

/** The state of a fake guest between commands. */
export interface GuestState {
  readonly release: Release;
  /** Commands that the configuration disables. */
  readonly forbidden: ReadonlySet<string>;
  /** Names of commands that the release does not have. */
  readonly extraCommands: readonly string[];
  frozen: boolean;
}

/** Returns why a command is disabled at this moment; `undefined` if it is enabled. */
export function disabledReason(name: string, { frozen, forbidden }: GuestState): DisabledReason | undefined {
  if (frozen) return ALLOWED_WHILE_FROZEN.has(name) ? undefined : 'frozen';
  return forbidden.has(name) ? 'forbidden' : undefined;
}

/** Returns `guest-info` as the release has it: only the version until 1.0, no `success-response` until 1.6. */
function info(state: GuestState): object {
  const { release, extraCommands } = state;
  if (!release.since('1.1')) return { version: release.version };
  const known = [
    ...release.commands.map(({ name, successResponse }) => ({ name, successResponse })),
    ...extraCommands.map((name) => ({ name, successResponse: true })),
  ];
  return {
    version: release.version,
    supported_commands: known.reverse().map(({ name, successResponse }) => ({
      name,
      enabled: disabledReason(name, state) === undefined,
      ...(release.since('1.7') ? { 'success-response': successResponse } : {}),
    })),
  };
}

/** The number of filesystems that can be frozen. */
const FILESYSTEM_COUNT = 2;

function freeze(state: GuestState): number {
  state.frozen = true;
  return FILESYSTEM_COUNT;
}

/** Returns the handlers of commands whose example value would be misleading or useless: those of a small Debian guest. */
function specialHandlers(state: GuestState): FakeHandlers {
  return {
    'guest-sync-delimited': ({ id }) => id,
    'guest-sync': ({ id }) => id,
    'guest-info': () => uncheckedResult(info(state)),
    'guest-get-time': () => 1_763_800_000_000_000_000n,
    'guest-get-host-name': () => ({ 'host-name': 'vm1' }),
    'guest-get-timezone': () => ({ zone: 'UTC', offset: 0 }),
    'guest-get-osinfo': () => ({
      id: 'debian',
      name: 'Debian GNU/Linux',
      'pretty-name': 'Debian GNU/Linux 13 (trixie)',
      version: '13 (trixie)',
      'version-id': '13',
      'kernel-release': '6.12.48+deb13-amd64',
      machine: 'x86_64',
    }),
    'guest-network-get-interfaces': () => [
      {
        name: 'lo',
        'ip-addresses': [{ 'ip-address': '127.0.0.1', 'ip-address-type': 'ipv4', prefix: 8 }],
        'hardware-address': '00:00:00:00:00:00',
      },
      {
        name: 'eth0',
        'ip-addresses': [{ 'ip-address': '192.0.2.10', 'ip-address-type': 'ipv4', prefix: 24 }],
        'hardware-address': '52:54:00:12:34:56',
      },
    ],
    'guest-file-open': () => 1000,
    'guest-file-read': () => ({ count: 0, 'buf-b64': Base64Data.fromText(''), eof: true }),
    'guest-file-write': ({ 'buf-b64': data, count = data.decodedLength() }) => ({ count, eof: false }),
    'guest-file-seek': ({ offset }) => ({ position: offset, eof: false }),
    'guest-exec': () => ({ pid: 4711 }),
    'guest-exec-status': () => ({ exited: true, exitcode: 0 }),
    'guest-fstrim': () =>
      uncheckedResult(state.release.since('2.4') ? { paths: [{ path: '/', trimmed: 0, minimum: 0 }] } : {}),
    'guest-fsfreeze-status': () => (state.frozen ? 'frozen' : 'thawed'),
    'guest-fsfreeze-freeze': () => freeze(state),
    'guest-fsfreeze-freeze-list': () => freeze(state),
    'guest-fsfreeze-thaw': () => {
      const thawed = state.frozen ? FILESYSTEM_COUNT : 0;
      state.frozen = false;
      return thawed;
    },
  };
}

/** Returns handlers for all commands of the release, with plausible results that the schema allows. */
export function defaultHandlers(state: GuestState): ReadonlyMap<string, FakeHandlers[string]> {
  const special = specialHandlers(state);
  return new Map(
    state.release.commands.map(({ name, returns }) => [
      name,
      special[name] ?? (() => uncheckedResult(returns === undefined ? undefined : exampleValue(returns))),
    ]),
  );
}

/**
 * Returns the simplest value of a type: zero, false, the first value of an enum, one element in a list, no optional members. A
 * string is the name of its member.
 */
function exampleValue(type: Descriptor, name = 'text'): unknown {
  switch (type.kind) {
    case 'builtin':
      if (type.name === 'str') return name;
      if (type.name === 'bool') return false;
      return type.name === 'null' || type.name === 'any' ? null : 0;
    case 'enum':
      return type.values[0];
    case 'list':
      return [exampleValue(type.element(), name)];
    case 'alternate': {
      const [first] = type.branches;
      return first === undefined ? null : exampleValue(first.type(), name);
    }
    case 'struct':
      return exampleObject(type.members);
    case 'union': {
      const common = exampleObject(type.members);
      const [first] = Object.entries(type.branches);
      if (first === undefined) return common;
      const [selected, branch] = first;
      return { ...common, [type.discriminator]: selected, ...exampleObject(branch().members) };
    }
  }
}

function exampleObject(members: readonly MemberDescriptor[]): object {
  const required = members.filter(({ optional }) => optional !== true);
  return Object.fromEntries(
    required.map(({ name, type, features }) => [
      name,
      features?.includes('base64') === true ? Base64Data.fromText('') : exampleValue(type(), name),
    ]),
  );
}
