import { allowedWhileFrozen, Base64Data } from '@guestwire/protocol';
import { exampleValue } from './example-value.js';
import { type FakeHandlers, unchecked } from './handlers.js';
import type { Ban, Release } from './release.js';

/** What a fake guest remembers from one command to the next. */
export interface GuestState {
  readonly release: Release;
  /** Commands that its operator forbids. */
  readonly forbidden: ReadonlySet<string>;
  /** Commands beside those of the release. */
  readonly others: readonly string[];
  frozen: boolean;
}

/** Why a command is disabled at this moment; `undefined` if it is not. */
export function banOn(name: string, { frozen, forbidden }: GuestState): Ban | undefined {
  if (frozen) return allowedWhileFrozen.has(name) ? undefined : 'frozen';
  return forbidden.has(name) ? 'forbidden' : undefined;
}

/** `guest-info`, in the form of the release: bare until 1.0, without `success-response` until 1.6. */
function info(state: GuestState): object {
  const { release, others } = state;
  if (!release.since('1.1')) return { version: release.version };
  const known = [
    ...release.commands.map(({ name, successResponse }) => ({ name, successResponse })),
    ...others.map((name) => ({ name, successResponse: true })),
  ];
  return {
    version: release.version,
    supported_commands: known.reverse().map(({ name, successResponse }) => ({
      name,
      enabled: banOn(name, state) === undefined,
      ...(release.since('1.7') ? { 'success-response': successResponse } : {}),
    })),
  };
}

/** A guest of this test bench has two filesystems that can be frozen. */
const FILESYSTEMS = 2;

function freeze(state: GuestState): number {
  state.frozen = true;
  return FILESYSTEMS;
}

/** What a small Debian guest answers where the plainest answer would lead a host astray, or tell it nothing. */
function handlersOf(state: GuestState): FakeHandlers {
  return {
    'guest-sync-delimited': ({ id }) => id,
    'guest-sync': ({ id }) => id,
    'guest-info': () => unchecked(info(state)),
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
    'guest-file-write': ({ 'buf-b64': data, count }) => ({
      count: count ?? data.decodedLength(),
      eof: false,
    }),
    'guest-file-seek': ({ offset }) => ({ position: offset, eof: false }),
    'guest-exec': () => ({ pid: 4711 }),
    'guest-exec-status': () => ({ exited: true, exitcode: 0 }),
    'guest-fstrim': () =>
      unchecked(state.release.since('2.4') ? { paths: [{ path: '/', trimmed: 0, minimum: 0 }] } : {}),
    'guest-fsfreeze-status': () => (state.frozen ? 'frozen' : 'thawed'),
    'guest-fsfreeze-freeze': () => freeze(state),
    'guest-fsfreeze-freeze-list': () => freeze(state),
    'guest-fsfreeze-thaw': () => {
      const thawed = state.frozen ? FILESYSTEMS : 0;
      state.frozen = false;
      return thawed;
    },
  };
}

/** Handlers of all commands of the release. What they answer is allowed by the contract, and makes sense. */
export function believable(state: GuestState): ReadonlyMap<string, FakeHandlers[string]> {
  const special = handlersOf(state);
  return new Map(
    state.release.commands.map(({ name, returns }) => [
      name,
      special[name] ?? (() => unchecked(returns === undefined ? undefined : exampleValue(returns))),
    ]),
  );
}
