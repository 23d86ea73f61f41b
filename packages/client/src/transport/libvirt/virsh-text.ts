/**
 * Advice for errors after which the agent cannot be reached. The texts are those that virsh of libvirt 4 to 11 prints
 * after `error: `; the first match counts.
 */
const ADVICE: readonly (readonly [text: RegExp, advice: string])[] = [
  [/failed to get domain|Domain not found/, 'no such domain; "virsh list" shows the running ones'],
  [
    /domain is not running/,
    'the domain is shut off or suspended; start it with "virsh start" or "virsh dompmwakeup"',
  ],
  [
    /QEMU guest agent is not configured/,
    'the domain has no agent channel; add <channel type="unix"><target type="virtio" name="org.qemu.guest_agent.0"/></channel> to its XML',
  ],
  [
    /QEMU guest agent is not connected/,
    'no agent has opened its port in the guest; is one installed and running, or is the guest still booting?',
  ],
  [/Guest agent disappeared/, 'the agent closed its port: it was stopped, or the guest is shutting down'],
  [
    /QEMU guest agent is not available due to an error/,
    'libvirt disconnected the agent after a reply that was invalid or above 10 MiB; restart the agent in the guest',
  ],
  [
    /No complete agent response found/,
    'the reply was above 10 MiB, and libvirt disconnected the agent; restart the agent in the guest',
  ],
  [
    /not supported by the connection driver/,
    'this libvirt connection has no guest agents; use a URI of QEMU, such as qemu:///system',
  ],
  [
    /[Pp]ermission denied \(|Host key verification failed|Could not resolve hostname/,
    'login to the remote host failed; "ssh HOST true" must work without a prompt, with a key and ssh-agent',
  ],
  [
    /polkit|[Aa]uthentication (unavailable|failed)|access denied|read.only access|Permission denied/,
    'libvirt denies this user full access; run as root, or as a user in the group libvirt',
  ],
  [
    /Failed to connect socket|unable to connect to server|Cannot recv data/,
    'no libvirt daemon answers; is virtqemud or libvirtd running, and is the URI correct?',
  ],
  [
    /client socket is closed|End of file while reading|Disconnected from|keepalive/,
    'the connection to libvirt ended; was its daemon restarted?',
  ],
];

/** Lines without a reason: the headline of a failure, a missing locale, an unwritable history. */
const NOISE = /^failed to connect to the hypervisor$|^setlocale:|^Failed to create '\/dev\/null/;

/** Returns virsh's errors in one line, with advice; `undefined` without errors. */
export function explainVirsh(errors: string): string | undefined {
  const text = errors
    .split('\n')
    .map((line) => line.replace(/^error: /, '').trim())
    .filter((line) => line !== '' && !NOISE.test(line))
    .join('; ');
  const advice = ADVICE.find(([pattern]) => pattern.test(errors))?.[1];
  if (advice === undefined) return text === '' ? undefined : `virsh: ${text}`;
  return text === '' ? advice : `${advice} (virsh: ${text})`;
}

/** The outcome of `qemu-agent-command` without a reply. */
export type Failure =
  /** The agent replied with an error. */
  | { readonly kind: 'error'; readonly class: 'GenericError' | 'CommandNotFound'; readonly desc: string }
  /** The command was sent, and the agent did not reply in time. */
  | { readonly kind: 'unanswered' }
  /** The command was not sent: the agent was busy or did not answer before. */
  | { readonly kind: 'unsent' }
  /** Either of these two: libvirt before 7 has the same text for both. */
  | { readonly kind: 'unanswered or unsent' }
  /** The agent cannot be reached. */
  | { readonly kind: 'closed'; readonly reason: string };

/** Texts of agents for a missing or forbidden command; libvirt does not pass on the class (qemu-ga §1.5, §13). */
const NOT_FOUND =
  /^The command \S+ has not been found$|^The command has not been found$|^Command \S+ has been disabled\b/;

/** Parses the errors of `qemu-agent-command`. */
export function parseFailure(errors: string): Failure {
  const desc = /unable to execute QEMU agent command '[^']*': (.*)$/s.exec(errors)?.[1];
  if (desc !== undefined) {
    return { kind: 'error', class: NOT_FOUND.test(desc) ? 'CommandNotFound' : 'GenericError', desc };
  }
  if (/Unable to encode message payload/.test(errors)) {
    const tooLong = 'the reply exceeds the 4 MiB that libvirt carries; request less at once';
    return { kind: 'error', class: 'GenericError', desc: tooLong };
  }
  if (/didn't respond to synchronization|cannot acquire state change lock/.test(errors))
    return { kind: 'unsent' };
  if (/didn't respond to command/.test(errors)) return { kind: 'unanswered' };
  if (/Guest agent not available for now/.test(errors)) return { kind: 'unanswered or unsent' };
  return { kind: 'closed', reason: explainVirsh(errors) ?? 'virsh returned neither a reply nor an error' };
}
