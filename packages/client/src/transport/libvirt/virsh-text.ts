/** What a text of virsh's means, and what to look at. */
interface Meaning {
  readonly text: RegExp;
  readonly advice: string;
}

/**
 * Reasons for which there is no way to the agent. The texts are those of libvirt from 4 to 11, which virsh prints
 * behind `error: `.
 */
const meanings: readonly Meaning[] = [
  {
    text: /failed to get domain|Domain not found/,
    advice: 'libvirt has no such domain. "virsh list" shows those that run',
  },
  {
    text: /domain is not running/,
    advice:
      'the domain is not running: it is off, or sleeps. "virsh start" or "virsh dompmwakeup" brings it up',
  },
  {
    text: /QEMU guest agent is not configured/,
    advice:
      'the domain has no channel for an agent: its XML lacks <channel type="unix"><target type="virtio" name="org.qemu.guest_agent.0"/></channel>',
  },
  {
    text: /QEMU guest agent is not connected/,
    advice:
      'no agent has opened its port in the guest. Is one installed and running there, or is the guest still booting?',
  },
  {
    text: /Guest agent disappeared/,
    advice: 'the agent closed its port: it was ended, or the guest goes down',
  },
  {
    text: /QEMU guest agent is not available due to an error/,
    advice:
      'libvirt has given the agent up after an answer that it could not read or that was above 10 MiB, and listens again when the agent is started anew in the guest',
  },
  {
    text: /No complete agent response found/,
    advice:
      'the answer was above 10 MiB: libvirt has given the agent up until it is started anew in the guest',
  },
  {
    text: /not supported by the connection driver/,
    advice: 'this libvirt has no guest agents: the URI must be that of QEMU, such as qemu:///system',
  },
  {
    text: /[Pp]ermission denied \(|Host key verification failed|Could not resolve hostname/,
    advice:
      'the login at the remote host failed. Nothing can be asked for here: "ssh HOST true" has to work without a question, with a key and an agent',
  },
  {
    text: /polkit|[Aa]uthentication (unavailable|failed)|access denied|read.only access|Permission denied/,
    advice:
      'libvirt does not let this user in, or only to read. Run as root, or as a user of the group libvirt',
  },
  {
    text: /Failed to connect socket|unable to connect to server|Cannot recv data/,
    advice: 'no libvirt answers. Is its daemon running (virtqemud or libvirtd), and is the URI right?',
  },
  {
    text: /client socket is closed|End of file while reading|Disconnected from|keepalive/,
    advice: 'the connection to libvirt ended. Was its daemon started anew?',
  },
];

/** Lines that say nothing of the way: that something failed, that there is no locale, that no history can be kept. */
const BESIDE = /^failed to connect to the hypervisor$|^setlocale:|^Failed to create '\/dev\/null/;

/** The lines of virsh that say something, as one. */
function said(text: string): string {
  return text
    .split('\n')
    .map((line) => line.replace(/^error: /, '').trim())
    .filter((line) => line !== '' && !BESIDE.test(line))
    .join('; ');
}

/** What virsh's errors mean for the way to the agent, with what to do; `undefined` if they are empty. */
export function explainVirsh(errors: string): string | undefined {
  const words = said(errors);
  const meaning = meanings.find(({ text }) => text.test(errors));
  if (meaning === undefined) return words === '' ? undefined : `virsh: ${words}`;
  return words === '' ? meaning.advice : `${meaning.advice} (virsh: ${words})`;
}

/** What virsh's errors mean for a command that was to be carried to the agent. */
export type Failure =
  /** The agent answered with an error. */
  | { readonly kind: 'answer'; readonly class: 'GenericError' | 'CommandNotFound'; readonly desc: string }
  /** The agent was sent the command and has not answered in time. */
  | { readonly kind: 'unanswered' }
  /** The command was not sent, since the agent was busy or did not answer before. */
  | { readonly kind: 'unsent' }
  /** One of these two: libvirt before 7 has the same words for both. */
  | { readonly kind: 'unanswered or unsent' }
  /** There is no way to the agent. */
  | { readonly kind: 'closed'; readonly reason: string };

/** Words of agents for a command that they do not have or forbid; libvirt passes no class on (qemu-ga §1.5, §13). */
const NOT_FOUND =
  /^The command \S+ has not been found$|^The command has not been found$|^Command \S+ has been disabled\b/;

/** Reads the errors of `qemu-agent-command`. */
export function failureOf(errors: string): Failure {
  const desc = /unable to execute QEMU agent command '[^']*': (.*)$/s.exec(errors)?.[1];
  if (desc !== undefined) {
    return { kind: 'answer', class: NOT_FOUND.test(desc) ? 'CommandNotFound' : 'GenericError', desc };
  }
  if (/Unable to encode message payload/.test(errors)) {
    const tooLong = 'the answer is longer than the 4 MiB that libvirt carries; ask for less at once';
    return { kind: 'answer', class: 'GenericError', desc: tooLong };
  }
  if (/didn't respond to synchronization|cannot acquire state change lock/.test(errors))
    return { kind: 'unsent' };
  if (/didn't respond to command/.test(errors)) return { kind: 'unanswered' };
  if (/Guest agent not available for now/.test(errors)) return { kind: 'unanswered or unsent' };
  return { kind: 'closed', reason: explainVirsh(errors) ?? 'virsh gave neither an answer nor an error' };
}
