import assert from 'node:assert/strict';
import type { FuzzTarget } from '@guestwire/fuzz';
import { explainVirsh, parseFailure } from '../../src/transport/libvirt/virsh-text.js';

export const target: FuzzTarget = {
  name: 'virsh-text',
  invariants:
    'never throws; every error has an explanation of one line; only an error of the agent has its text',
  covers: ['client/dist/src/transport/libvirt/virsh-text'],
  seeds: [
    "error: failed to get domain 'x'\nerror: Domain not found: no domain with matching name 'x'\n",
    "error: internal error: unable to execute QEMU agent command 'guest-ping': The command guest-ping has not been found",
    'error: Guest agent is not responding: QEMU guest agent is not connected',
    'error: Guest agent is not responding: Guest agent not available for now\nerror: Timed out during operation: cannot acquire state change lock',
    'error: Unable to encode message payload\nsetlocale: No such file or directory\n',
    "error: Guest agent is not responding: guest agent didn't respond to command within '5' seconds",
  ],
  dictionary: [
    'error: ',
    "unable to execute QEMU agent command '",
    "': ",
    'Command guest-x has been disabled',
    '\n',
  ],
  structure: ['lines', 'tokens'],
  run(input) {
    const errors = input.toString();
    const explained = explainVirsh(errors);
    assert.doesNotMatch(explained ?? '', /\n/);
    const failure = parseFailure(errors);
    if (failure.kind === 'error' && failure.class === 'CommandNotFound') {
      assert.ok(errors.includes(failure.desc));
    }
    if (failure.kind === 'closed') assert.notEqual(failure.reason, '');
    return `${failure.kind} ${failure.kind === 'error' ? failure.class : ''} ${explained?.startsWith('virsh: ')}`;
  },
};
