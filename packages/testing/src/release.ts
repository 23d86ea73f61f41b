import {
  type CommandError,
  commands,
  encodeReply,
  failure,
  registrationOrder,
  type WireValue,
} from '@guestwire/protocol';
import type { CommandDescriptor } from '@guestwire/qapi/descriptor';

/** Why a command is disabled: its operator forbids it, or filesystems are frozen. */
export type Ban = 'forbidden' | 'frozen';

/** How an agent of one release of QEMU speaks, where releases differ (qemu-ga §13). */
export interface Release {
  /** As `guest-info` gives it: `7.2.0`. */
  readonly version: string;
  /** Its commands, in schema order. */
  readonly commands: readonly CommandDescriptor[];
  /** Is it this release, or a later one? */
  since(release: string): boolean;
  /** What it answers to a command that it does not have. */
  notFound(name: string): ReplyError;
  /** What it answers to a command that is disabled. */
  disabled(name: string, ban: Ban): ReplyError;
  /** What it answers to a request with an `id`, if it does not take one. */
  readonly refusesId: ReplyError | undefined;
  /** What it answers to input that is no request; nothing to a stray byte or too long a message, before 3.1. */
  unreadable(desc: string, stray: boolean): ReplyError | undefined;
  /** What it answers when a command fails. */
  failed(error: CommandError): ReplyError;
}

/** An error as it goes out: with a text, or as agents before 1.2 wrote it, with data. */
export interface ReplyError {
  readonly class: string;
  readonly desc: string;
  readonly data: Readonly<Record<string, string>>;
}

function numbersOf(version: string): readonly number[] {
  return version.split('.').map(Number);
}

/** Less than 0 if the first is earlier. */
function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

const descriptors: ReadonlyMap<string, CommandDescriptor> = new Map(Object.entries(commands));

/** The agent of a release, such as `7.2` or `10.0.8`; 0.15 was the first. */
export function releaseOf(version: string): Release {
  const numbers = numbersOf(version);
  const since = (release: string): boolean => compare(numbers, numbersOf(release)) >= 0;
  if (!/^\d+\.\d+(\.\d+)?$/.test(version) || !since('0.15')) {
    throw new RangeError(`"${version}" is no release with an agent: write 0.15 or a later one, as in 7.2`);
  }
  const generic = (desc: string, oldClass: string, data: Readonly<Record<string, string>>): ReplyError => ({
    class: since('1.2') ? 'GenericError' : oldClass,
    desc,
    data,
  });
  return {
    version: numbers.length === 2 ? `${version}.0` : version,
    commands: registrationOrder.flatMap((name) => {
      const command = descriptors.get(name);
      return command?.since !== undefined && since(command.since) ? [command] : [];
    }),
    since,
    notFound: (name) => ({
      class: 'CommandNotFound',
      desc: `The command ${name} has not been found`,
      data: { name },
    }),
    disabled: (name, ban) => ({
      class: since('4.2') ? 'CommandNotFound' : since('1.2') ? 'GenericError' : 'CommandDisabled',
      desc: since('6.0')
        ? `Command ${name} has been disabled${disabledReason(since, ban)}`
        : `The command ${name} has been disabled for this instance`,
      data: { name },
    }),
    refusesId: since('3.0')
      ? undefined
      : generic(
          `QMP input ${since('2.10') ? '' : 'object '}member 'id' is unexpected`,
          'QMPExtraInputObjectMember',
          { member: 'id' },
        ),
    unreadable(desc, stray) {
      const [, detail] = /^JSON parse error, (.*)/s.exec(desc) ?? [];
      if (!since('3.1') && (stray || detail === undefined)) return undefined;
      return generic(desc, 'JSONParseError', { message: detail ?? desc });
    },
    failed: ({ class: errorClass, desc }) => ({
      ...generic(desc, 'QgaCommandFailed', { message: desc }),
      ...(errorClass === 'GenericError' ? {} : { class: errorClass }),
    }),
  };
}

function disabledReason(since: (release: string) => boolean, ban: Ban): string {
  if (since('9.1')) return ': the command is not allowed';
  if (ban === 'frozen') return ': the agent is in frozen state';
  return since('8.1') ? ': the command is not allowed' : '';
}

/** The bytes of an error, in the form of the release. */
export function encodeError(release: Release, error: ReplyError, id?: WireValue): Buffer {
  const { class: errorClass, desc, data } = error;
  if (release.since('1.2')) {
    // The class is one of those that agents send; handlers cannot throw others.
    const known = errorClass === 'CommandNotFound' ? errorClass : 'GenericError';
    return Buffer.concat([...encodeReply(failure({ class: known, desc }, id))]);
  }
  const members = Object.entries(data).map(([name, value]) => `"${name}": ${JSON.stringify(value)}`);
  return Buffer.from(
    `{"error": {"class": ${JSON.stringify(errorClass)}, "data": {${members.join(', ')}}}}\n`,
  );
}
