import { SCRATCH } from './requests.js';

/** A way in which the replies of the two agents may differ. */
export interface KnownDifference {
  /** As in `docs/compatibility.md`. */
  readonly id: string;
  readonly reason: string;
  /** Returns both replies without the difference. */
  readonly remove: (replies: Replies) => Replies;
}

/** The replies to one case: bytes as Latin-1, with `$dir` for an agent's folder. */
export interface Replies {
  /** The bytes sent, as Latin-1. */
  readonly sent: string;
  readonly ours: string;
  readonly reference: string;
}

/** Replaces in both replies. */
function replaceBoth(pattern: RegExp, by: string): KnownDifference['remove'] {
  return ({ sent, ours, reference }) => ({
    sent,
    ours: ours.replace(pattern, by),
    reference: reference.replace(pattern, by),
  });
}

/** Commands whose result is the state of the machine, which each agent sees in its own root and at its own time. */
const STATE =
  /guest-(get-(time|load|cpustats|diskstats|users|osinfo|timezone|fsinfo|disks|vcpus|memory-blocks|memory-block-info|host-name)|network-get-(interfaces|route)|info|ssh-get-authorized-keys)/;
const RETURN_OR_FAILURE =
  /^\{("id": .*, )?("return": .*|"error": \{"class": "GenericError", "desc": "(failed to|Failed to|Can't|couldn't|could not|open\().*"\})\}$/gm;

/** A command's name may be spelled with escapes. */
function unescaped(sent: string): string {
  return sent.replace(/\\u00([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** Every difference that is no mistake, with the reason. */
export const knownDifferences: readonly KnownDifference[] = [
  {
    id: 'machine-state',
    reason: 'the result of a command that reads the state of the machine',
    remove: (replies) =>
      STATE.test(unescaped(replies.sent))
        ? replaceBoth(RETURN_OR_FAILURE, '(state of the machine)')(replies)
        : replies,
  },
  {
    id: 'process-number',
    reason: 'the process that guest-exec started',
    remove: replaceBoth(/"return": \{"pid": \d+\}/g, '"return": {"pid": 0}'),
  },
  {
    id: 'unexpected-argument',
    reason: 'which of several unexpected arguments an error names',
    remove: replaceBoth(/Parameter '[^\n]*' is unexpected/g, "Parameter '' is unexpected"),
  },
];

/** Returns true if the replies differ in no other way than those above. */
export function areEquivalent(replies: Replies): boolean {
  let left = replies;
  if (left.ours === left.reference) return true;
  for (const { remove } of knownDifferences) {
    left = remove(left);
    if (left.ours === left.reference) return true;
  }
  return false;
}

/** Returns a case as text for messages. */
export function shown(text: string): string {
  return JSON.stringify(text.replaceAll(SCRATCH, 'DIR')).slice(0, 600);
}
