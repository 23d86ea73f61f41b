import { type CommandError, encodeReply, failure, type WireValue } from '@guestwire/protocol';
import { commands, REGISTRATION_ORDER } from '@guestwire/protocol/contract';
import type { CommandDescriptor } from '@guestwire/schema';

/** Why a command is disabled: by the configuration, or because filesystems are frozen. */
export type DisabledReason = 'forbidden' | 'frozen';

/** The behaviour of the agent of one QEMU release, where releases differ (qemu-ga §13). */
export interface Release {
  /** The version in `guest-info`: `7.2.0`. */
  readonly version: string;
  /** Its commands, in schema order. */
  readonly commands: readonly CommandDescriptor[];
  /** Returns whether it is this release or a later one. */
  since(release: string): boolean;
  notFound(name: string): ReplyError;
  disabled(name: string, reason: DisabledReason): ReplyError;
  /** The error for a request with an `id`, if the release does not accept one. */
  readonly refusesId: ReplyError | undefined;
  /** Returns the error for input that is not JSON; before 3.1, none for a stray byte or an oversized message. */
  unreadable(desc: string, stray: boolean): ReplyError | undefined;
  failed(error: CommandError): ReplyError;
}

/** An error reply: releases from 1.2 on send `desc`, earlier ones `data`. */
export interface ReplyError {
  readonly class: string;
  readonly desc: string;
  readonly data: Readonly<Record<string, string>>;
}

/** Returns a number that orders versions. */
function versionOrder(version: string): number {
  const [major = 0, minor = 0, micro = 0] = version.split('.').map(Number);
  return (major * 1000 + minor) * 1000 + micro;
}

/** The commands of the contract by name. */
export const descriptors: ReadonlyMap<string, CommandDescriptor> = new Map(Object.entries(commands));

/**
 * Returns the agent of a release, such as `7.2` or `10.0.8`.
 *
 * @throws {RangeError} if it is not a version, or before 0.15, the first release with an agent
 */
export function releaseOf(version: string): Release {
  const order = versionOrder(version);
  const since = (release: string): boolean => order >= versionOrder(release);
  if (!/^\d+\.\d+(\.\d+)?$/.test(version) || !since('0.15')) {
    throw new RangeError(`"${version}" is not a release with an agent: expected 0.15 or later, such as 7.2`);
  }
  const generic = (desc: string, oldClass: string, data: Readonly<Record<string, string>>): ReplyError => ({
    class: since('1.2') ? 'GenericError' : oldClass,
    desc,
    data,
  });
  const idError = `QMP input ${since('2.10') ? '' : 'object '}member 'id' is unexpected`;
  return {
    version: /^\d+\.\d+$/.test(version) ? `${version}.0` : version,
    commands: REGISTRATION_ORDER.flatMap((name) => {
      const command = descriptors.get(name);
      return command?.since !== undefined && since(command.since) ? [command] : [];
    }),
    since,
    notFound: (name) => ({
      class: 'CommandNotFound',
      desc: `The command ${name} has not been found`,
      data: { name },
    }),
    disabled: (name, reason) => ({
      class: since('4.2') ? 'CommandNotFound' : since('1.2') ? 'GenericError' : 'CommandDisabled',
      desc: since('6.0')
        ? `Command ${name} has been disabled${disabledSuffix(since, reason)}`
        : `The command ${name} has been disabled for this instance`,
      data: { name },
    }),
    refusesId: since('3.0') ? undefined : generic(idError, 'QMPExtraInputObjectMember', { member: 'id' }),
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

function disabledSuffix(since: (release: string) => boolean, reason: DisabledReason): string {
  if (since('9.1')) return ': the command is not allowed';
  if (reason === 'frozen') return ': the agent is in frozen state';
  return since('8.1') ? ': the command is not allowed' : '';
}

/** Returns the bytes of an error reply in the format of the release. */
export function encodeError(release: Release, error: ReplyError, id?: WireValue): Buffer {
  const { class: errorClass, desc, data } = error;
  if (release.since('1.2')) {
    const known = errorClass === 'CommandNotFound' ? errorClass : 'GenericError';
    return Buffer.concat([...encodeReply(failure({ class: known, desc }, id))]);
  }
  const members = Object.entries(data).map(([name, value]) => `"${name}": ${JSON.stringify(value)}`);
  return Buffer.from(
    `{"error": {"class": ${JSON.stringify(errorClass)}, "data": {${members.join(', ')}}}}\n`,
  );
}
