// The systemd unit of guestd.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ourAgent, projectFolder } from '../compat/agents.js';

const folder = join(projectFolder, 'packaging/systemd');
const dropIns = readdirSync(folder).filter((name) => name.endsWith('.conf'));
const presets = dropIns.flatMap((name) => /^preset-(.+)\.conf$/.exec(name)?.[1] ?? []);

/** Returns the settings of a unit or a drop-in. */
function settingsOf(file: string): Map<string, string> {
  const text = readFileSync(join(folder, file), 'utf8');
  return new Map(Array.from(text.matchAll(/^(\w+)=(.*)$/gm), ([, name = '', value = '']) => [name, value]));
}

describe('guestd.service', () => {
  it('restarts without a limit, with a delay that grows from 1 to 10 seconds', () => {
    const unit = settingsOf('guestd.service');
    assert.equal(unit.get('Restart'), 'always');
    assert.equal(unit.get('StartLimitIntervalSec'), '0');
    assert.equal(unit.get('RestartSec'), '1s');
    assert.equal(unit.get('RestartSteps'), '4');
    assert.equal(unit.get('RestartMaxDelaySec'), '10s');
  });

  // The answers of systemctl: state of the system, and the job of the unit.
  for (const { result, system, job, thaws } of [
    { result: 'success', system: 'running', job: '', thaws: true },
    { result: 'timeout', system: 'running', job: '', thaws: true },
    { result: 'exit-code', system: 'running', job: '7 guestd.service stop running', thaws: true },
    { result: 'signal', system: 'stopping', job: '', thaws: true },
    { result: 'signal', system: 'running', job: '', thaws: false },
    { result: 'watchdog', system: 'degraded', job: '7 guestd.service restart running', thaws: false },
  ]) {
    const situation = `${result}, while the system is ${system} and its job is "${job}"`;
    it(`${thaws ? 'thaws' : 'leaves the freeze to the next agent'} after the result ${situation}`, () => {
      const [, script = ''] =
        /^-\/bin\/sh -c '(.*)'$/.exec(settingsOf('guestd.service').get('ExecStopPost') ?? '') ?? [];
      const systemctl = `systemctl() { case $1 in is-system-running) echo ${system} ;; *) echo '${job}' ;; esac; }`;
      const body = script.replaceAll('$$', '$').replaceAll('%n', 'guestd.service');
      const { stdout } = spawnSync(
        '/bin/sh',
        ['-c', `${systemctl}; ${body.replace('exec /usr/sbin/guestd', 'echo')}`],
        {
          encoding: 'utf8',
          env: { ...process.env, SERVICE_RESULT: result },
        },
      );
      assert.equal(stdout, thaws ? '--thaw-after-exit\n' : '');
    });
  }

  for (const dropIn of dropIns) {
    it(`keeps its delay with ${dropIn}`, () => {
      const names = [...settingsOf(dropIn).keys()];
      assert.deepEqual(
        names.filter((name) => name.includes('Restart')),
        [],
      );
    });
  }
});

describe('drop-ins of policy presets', () => {
  it('exist for each preset of the policy', () => {
    const [program, ...args] = ourAgent().command;
    const list = ['policy', 'list', '--json', '--policy=unrestricted'];
    const { presets: known } = JSON.parse(
      execFileSync(program, [...args, ...list], { encoding: 'utf8' }),
    ) as {
      presets: { name: string }[];
    };
    assert.deepEqual(presets.sort(), known.map(({ name }) => name).sort());
  });

  for (const preset of presets) {
    it(`replace the command by one with --policy=${preset} in preset-${preset}.conf`, () => {
      const text = readFileSync(join(folder, `preset-${preset}.conf`), 'utf8');
      assert.deepEqual(text.match(/^ExecStart=.*$/gm), [
        'ExecStart=',
        `ExecStart=/usr/sbin/guestd --policy=${preset}`,
      ]);
      assert.ok(text.includes(`cp /usr/share/guestd/preset-${preset}.conf `));
    });
  }

  for (const preset of ['audit', 'filesystem']) {
    it(`create no mount namespace for ${preset}, whose agent must see every mount in order`, () => {
      const names = [...settingsOf(`preset-${preset}.conf`).keys()].filter((name) => name !== 'ProtectClock');
      assert.deepEqual(
        names.filter((name) =>
          /^(Protect|Private|Read|Inaccessible|Exec.*Paths|Bind|Temporary|Mount|Root)/.test(name),
        ),
        [],
      );
    });
  }

  for (const preset of presets) {
    it(`hide no mount and no folder of files from the agent in preset-${preset}.conf`, () => {
      // Each of these adds mounts of the root filesystem to the agent's list, or hides files from it.
      const names = [...settingsOf(`preset-${preset}.conf`).keys()];
      assert.deepEqual(
        names.filter((name) =>
          /^(ProtectHome|PrivateTmp|PrivateDevices|ProtectHostname|Inaccessible)/.test(name),
        ),
        [],
      );
    });
  }
});
