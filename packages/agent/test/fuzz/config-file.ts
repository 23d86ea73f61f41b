import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { FuzzTarget } from '@guestwire/fuzz';
import { outcomeOf } from '@guestwire/fuzz';
import { AgentError } from '../../src/agent-error.js';
import { dumpConf, readConfigFile, type Settings } from '../../src/options/settings.js';
import { fuzzFile } from '../support/fuzz-file.js';

const FILE = 'qemu-ga.conf';
const file = fuzzFile(FILE);

export const target: FuzzTarget = {
  name: 'config-file',
  invariants: 'only AgentError of the code config; what --dump-conf prints is read as the same settings',
  covers: ['agent/dist/src/options/settings', 'agent/dist/src/key-file'],
  seeds: [
    '[general]\ndaemon=false\nmethod=virtio-serial\npath=/dev/virtio-ports/org.qemu.guest_agent.0\npidfile=/run/qemu-ga.pid\nverbose=true\n',
    '[general]\nblock-rpcs=guest-exec,guest-shutdown\nallow-rpcs=guest-ping\nstatedir=/s\\st\nretry-path=1\n',
    '[general]\nlogfile=\nfsfreeze-hook=/h\nreport-version=9\nfreeze-timeout=10\nhelper-timeout=5\nlog-format=json\nsystem-root=/x\n',
  ],
  dictionary: [
    '[general]\n',
    '=',
    ',',
    ',,',
    '\\',
    '\\s',
    'true',
    'false',
    '\r\n',
    ' ',
    'method=',
    'block-rpcs=',
    'verbose=',
    'logfile=',
  ],
  structure: ['lines', 'tokens'],
  run(input) {
    let settings: Settings;
    try {
      settings = settingsOf(input);
    } catch (error) {
      assert.ok(error instanceof AgentError && error.code === 'config', `not an AgentError: ${error}`);
      return outcomeOf(
        error.message.replace(/^error loading configuration from path: [^,]*, /, '').replace(/[“:].*/s, ''),
      );
    }
    assert.deepEqual(normalized(settingsOf(Buffer.from(dumpConf(settings)))), normalized(settings));
    return `${Object.keys(settings).length} settings`;
  },
};

function settingsOf(text: Buffer): Settings {
  return readConfigFile(join(file.write(text), FILE), true).settings;
}

/** With the defaults that are printed. The names of a list are printed in reverse, as qemu-ga does. */
function normalized(settings: Settings): unknown {
  const names = (lists: Settings['allow-rpcs'] = []): string[] => lists.flat().sort();
  const [allow, block] = [names(settings['allow-rpcs']), names(settings['block-rpcs'])];
  const defaults = { daemon: false, verbose: false, 'retry-path': false };
  return { ...defaults, ...settings, 'allow-rpcs': allow, 'block-rpcs': block };
}
