import assert from 'node:assert/strict';
import { chmodSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { powerModule } from '../../../src/commands/power.js';
import type { SuspendMode } from '../../../src/guest/power/suspend.js';
import { context } from '../../support/command-context.js';
import { collectingLogger } from '../../support/logger.js';
import { type StandIns, standIns, zombies } from '../../support/stand-ins.js';
import { unprivileged } from '../../support/unprivileged.js';

function commandsOf(stand: StandIns, log = collectingLogger()) {
  const { handlers } = powerModule({ ...stand, log, helperTimeout: 60 });
  return {
    shutdown: async (mode?: string) =>
      handlers['guest-shutdown'](mode === undefined ? {} : { mode }, context),
    suspend: async (mode: SuspendMode = 'disk') => handlers[`guest-suspend-${mode}`](undefined, context),
  };
}

function fails(work: Promise<unknown>, message: string) {
  return assert.rejects(work, { name: 'CommandError', message });
}

/** Writes down its name and arguments. */
const RECORD = 'echo "$0|$1|$2|$3|$4|$#" >> $CALLS';

for (const [mode, flag, program] of [
  [undefined, '-P', 'poweroff'],
  ['powerdown', '-P', 'poweroff'],
  ['halt', '-H', 'halt'],
  ['reboot', '-r', 'reboot'],
] as const) {
  test(`guest-shutdown with mode ${mode} runs shutdown with ${flag}`, async () => {
    using stand = standIns();
    const log = collectingLogger();
    for (const name of ['shutdown', 'poweroff', 'halt', 'reboot']) stand.script(`sbin/${name}`, RECORD);
    await commandsOf(stand, log).shutdown(mode);
    assert.deepEqual(stand.calls(), [
      `${stand.root}/sbin/shutdown|-h|${flag}|+0|hypervisor initiated shutdown|4`,
    ]);
    assert.deepEqual(log.lines, [`syslog: guest-shutdown called, mode: ${mode ?? '(null)'}`]);
  });

  test(`guest-shutdown with mode ${mode} runs ${program} in a guest without shutdown`, async () => {
    using stand = standIns();
    for (const name of ['poweroff', 'halt', 'reboot']) stand.script(`sbin/${name}`, RECORD);
    await commandsOf(stand).shutdown(mode);
    assert.deepEqual(stand.calls(), [`${stand.root}/sbin/${program}|||||0`]);
  });
}

test('guest-shutdown runs nothing for an unknown mode', async () => {
  using stand = standIns();
  stand.script('sbin/shutdown', RECORD);
  for (const mode of ['', 'off', 'toString', 'Halt']) {
    await fails(commandsOf(stand).shutdown(mode), 'mode is invalid (valid values are: halt|powerdown|reboot');
  }
  assert.deepEqual(stand.calls(), []);
});

test('guest-shutdown reports the reason of a failure', async () => {
  using stand = standIns();
  await fails(
    commandsOf(stand).shutdown(),
    "child process has failed to shutdown: failed to exec '/sbin/shutdown': No such file or directory\n",
  );
  stand.script('sbin/shutdown', 'echo must be root >&2; exit 1');
  await fails(commandsOf(stand).shutdown(), 'child process has failed to shutdown: must be root\n');
});

/** Programs that say they can suspend, and end it with these statuses. */
function sleepers(stand: StandIns, { systemctl, pm }: { systemctl?: string; pm?: string }): void {
  if (systemctl !== undefined) {
    stand.script('bin/systemctl', `echo "systemctl $*" >> $CALLS; [ "$1" = status ] && exit 3; ${systemctl}`);
  }
  if (pm !== undefined) {
    stand.script('bin/pm-is-supported', 'echo "pm-is-supported $*" >> $CALLS');
    for (const name of ['pm-hibernate', 'pm-suspend', 'pm-suspend-hybrid']) {
      stand.script(`bin/${name}`, `echo "${name} $*" >> $CALLS; ${pm}`);
    }
  }
}

function state(stand: StandIns) {
  return readFileSync(`${stand.root}/sys/power/state`, 'utf8');
}

const STATES = 'freeze mem disk\n';

for (const { mode, unit, verb, query, program, word } of [
  {
    mode: 'disk',
    unit: 'systemd-hibernate',
    verb: 'hibernate',
    query: '--hibernate',
    program: 'pm-hibernate',
    word: 'disk',
  },
  {
    mode: 'ram',
    unit: 'systemd-suspend',
    verb: 'suspend',
    query: '--suspend',
    program: 'pm-suspend',
    word: 'mem',
  },
  {
    mode: 'hybrid',
    unit: 'systemd-hybrid-sleep',
    verb: 'hybrid-sleep',
    query: '--suspend-hybrid',
    program: 'pm-suspend-hybrid',
    word: undefined,
  },
] as const) {
  test(`guest-suspend to ${mode} prefers systemd`, async () => {
    using stand = standIns();
    sleepers(stand, { systemctl: 'exit 0', pm: 'exit 0' });
    stand.file('sys/power/state', STATES);
    await commandsOf(stand).suspend(mode);
    assert.deepEqual(stand.calls(), [`systemctl status ${unit}`, `systemctl ${verb}`]);
    assert.equal(state(stand), STATES);
  });

  test(`guest-suspend to ${mode} uses pm-utils without systemd`, async () => {
    using stand = standIns();
    sleepers(stand, { pm: 'exit 0' });
    stand.file('sys/power/state', STATES);
    await commandsOf(stand).suspend(mode);
    assert.deepEqual(stand.calls(), [`pm-is-supported ${query}`, `${program} `]);
    assert.equal(state(stand), STATES);
  });

  test(`guest-suspend to ${mode} tries the next method after a failure`, async () => {
    using stand = standIns();
    sleepers(stand, { systemctl: 'exit 1', pm: 'exit 1' });
    stand.file('sys/power/state', STATES);
    const log = collectingLogger();
    const suspended = commandsOf(stand, log).suspend(mode);
    await (word === undefined ? fails(suspended, 'unknown guest suspend mode') : suspended);
    assert.deepEqual(stand.calls(), [
      `systemctl status ${unit}`,
      `systemctl ${verb}`,
      `pm-is-supported ${query}`,
      `${program} `,
    ]);
    assert.equal(state(stand), word === undefined ? STATES : word + STATES.slice(word.length));
    assert.deepEqual(log.lines, [
      `warning: the helper program 'systemctl ${verb}' returned an unexpected exit status code (1)`,
      `warning: the helper program '${program}' returned an unexpected exit status code (1)`,
    ]);
  });

  test(`guest-suspend to ${mode} fails without a supported method`, async () => {
    using stand = standIns();
    // Words that the kernel has for other ways to sleep are of no use.
    stand.file('sys/power/state', ['freeze', 'mem', 'disk'].filter((state) => state !== word).join(' '));
    const before = state(stand);
    await fails(commandsOf(stand).suspend(mode), 'the requested suspend mode is not supported by the guest');
    assert.equal(state(stand), before);
  });
}

for (const status of [0, 4, 5, 255]) {
  test(`guest-suspend skips systemd if the query for its unit exits with ${status}`, async () => {
    using stand = standIns();
    stand.script('bin/systemctl', `echo "$1" >> $CALLS; exit ${status}`);
    await fails(commandsOf(stand).suspend(), 'the requested suspend mode is not supported by the guest');
    assert.deepEqual(stand.calls(), ['status']);
  });
}

test('guest-suspend reads only the first 31 bytes of the kernel’s states', async () => {
  using stand = standIns();
  stand.file('sys/power/state', `${'x'.repeat(28)}disk`);
  await fails(commandsOf(stand).suspend(), 'the requested suspend mode is not supported by the guest');
  stand.file('sys/power/state', `${'x'.repeat(27)}disk`);
  await commandsOf(stand).suspend();
});

test('guest-suspend succeeds, as in qemu-ga, if a program that reported support fails and no method is left', async () => {
  using stand = standIns();
  sleepers(stand, { systemctl: 'exit 1' });
  await commandsOf(stand).suspend();
});

test('guest-suspend fails if the kernel refuses', async () => {
  using stand = standIns();
  stand.file('sys/power/state', 'disk');
  chmodSync(stand.root, 0o755);
  chmodSync(`${stand.root}/sys/power/state`, 0o444);
  await unprivileged(() =>
    fails(commandsOf(stand).suspend(), "suspend: cannot write to '/sys/power/state': Permission denied"),
  );
});

test('guest-suspend waits for all child processes', async () => {
  using stand = standIns();
  sleepers(stand, { systemctl: 'kill -9 $$', pm: 'exit 9' });
  await commandsOf(stand).suspend();
  stand.script('sbin/shutdown', 'exit 1');
  await assert.rejects(commandsOf(stand).shutdown());
  assert.deepEqual(zombies(), []);
});
