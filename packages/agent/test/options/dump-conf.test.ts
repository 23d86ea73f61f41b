import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { AgentError } from '../../src/agent-error.js';
import { readOptions } from '../../src/options/options.js';
import { dumpConf } from '../../src/options/settings.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** A configuration file and a command line, and what qemu-ga 10.0 prints for them with `--dump-conf`. */
interface Recorded {
  readonly name: string;
  readonly file?: string;
  readonly args: readonly string[];
  readonly status: number;
  readonly stdout: string;
}

// Written by the recorder; test/compat compares it with an installed qemu-ga.
const path = new URL('../../../../../test/compat/dump-conf.json', import.meta.url);
const record = JSON.parse(readFileSync(path, 'utf8')) as readonly Recorded[];

/** Returns what is printed; undefined after an error. */
function dump(args: readonly string[], file?: string): string | undefined {
  using folder = temporaryFolder();
  const config = folder.file('qemu-ga.conf');
  if (file !== undefined) writeFileSync(config, file);
  try {
    const named = file === undefined ? [] : ['-c', config];
    const invocation = readOptions(
      [...named, '-D', ...args],
      { QGA_CONF: folder.file('none') },
      { complain() {} },
    );
    assert.ok(invocation.kind === 'dump-conf');
    return dumpConf(invocation.settings);
  } catch (error) {
    if (error instanceof AgentError) return undefined;
    throw error;
  }
}

describe('--dump-conf prints what qemu-ga prints, for', () => {
  for (const { name, file, args, status, stdout } of record) {
    it(name, () => assert.equal(dump(args, file), status === 0 ? stdout : undefined));
  }
});

describe('--dump-conf', () => {
  it('prints the keys that only guestd has after the others, if they are set', () => {
    const ours = dump([
      '--system-root=/r',
      '--log-format=json',
      '--report-version= 9',
      '--freeze-timeout',
      '5',
      '--helper-timeout=9',
      '--command-timeout=0',
      '--socket-users=any',
      '--socket-mode=660',
      '--vsock-peers=2,1',
    ]);
    const plain = dump([]);
    assert.equal(
      ours,
      `${plain}report-version=\\s9\nfreeze-timeout=5\nhelper-timeout=9\ncommand-timeout=0\nlog-format=json\nsystem-root=/r\n` +
        'vsock-peers=2,1\nsocket-mode=660\nsocket-users=any\n',
    );
  });

  it('prints a file that reads back to the same options', () => {
    const args = [
      '-p',
      ' \ta\\b\nc',
      '-m',
      'unix-listen',
      '-v',
      '-r',
      '-F',
      '-b',
      'x',
      '-a',
      'y',
      '-l',
      '\r ',
    ];
    const once = dump(args);
    assert.equal(dump([], once), once);
  });
});
