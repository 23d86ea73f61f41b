import assert from 'node:assert/strict';
import type { FuzzTarget } from '@guestwire/fuzz';
import { outcomeOf } from '@guestwire/fuzz';
import { formatTarget, parseTarget, type Target } from '../../src/transport/target.js';

export const target: FuzzTarget = {
  name: 'target',
  invariants:
    'only TypeError; a target is formatted and parsed back unchanged; ports and numbers lie in their ranges',
  covers: ['client/dist/src/transport/target'],
  seeds: [
    'unix:/run/vm1/qga.sock',
    'tcp:[::1]:5000',
    'tcp:host.example:65535',
    'vsock:3:1234',
    'pty:/dev/pts/3',
    'libvirt:vm1',
    'libvirt+qemu+ssh://host/system/vm1',
    'libvirt+qemu:///system/a%2Fb?socket=/run/other',
    'exec:ssh host socat - UNIX:/run/vm1.sock',
  ],
  dictionary: [
    'unix:',
    'tcp:',
    'vsock:',
    'pty:',
    'libvirt:',
    'libvirt+',
    'exec:',
    '://',
    '///',
    '%2F',
    '%',
    '?',
    '#',
    '[::]',
    ':65536',
    '\0',
  ],
  run(input) {
    const text = input.toString();
    let parsed: Target;
    try {
      parsed = parseTarget(text);
    } catch (error) {
      assert.ok(error instanceof TypeError && !(error instanceof RangeError), `not a TypeError: ${error}`);
      return outcomeOf(error.message.replace(/^.*: write /s, ''));
    }
    assert.deepEqual(parseTarget(formatTarget(parsed)), parsed);
    if (parsed.kind === 'tcp') assert.ok(parsed.port >= 1 && parsed.port <= 65_535);
    if (parsed.kind === 'vsock') assert.ok(Math.max(parsed.cid, parsed.port) < 2 ** 32 - 1);
    return parsed.kind;
  },
};
