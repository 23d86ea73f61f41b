// guestd-thaw.service, under a real service manager and with a program in place of guestd.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { projectFolder } from '../compat/agents.js';
import { noServiceManager, ServiceManager } from './service-manager.js';

const TIMEOUT_MS = 600_000;

function unitFile(name: string): string {
  return readFileSync(join(projectFolder, 'packaging/systemd', name), 'utf8');
}

/** Returns the lines of a unit with these settings. */
function linesOf(unit: string, ...settings: string[]): string {
  const lines = unit.split('\n').filter((line) => settings.includes(line.split('=')[0] ?? ''));
  assert.equal(lines.length, settings.length);
  return lines.join('\n');
}

/** Starts a manager with both units. @param restartSec the delay of the restart after a crash */
function startManager(restartSec: string, ...unitLines: string[]): Promise<ServiceManager> {
  const agent = unitFile('guestd.service');
  const fakeAgent = [
    '[Unit]',
    linesOf(agent, 'StartLimitIntervalSec', 'OnSuccess', 'OnFailure'),
    ...unitLines,
    '[Service]',
    'ExecStart=/bin/sleep infinity',
    linesOf(agent, 'Restart'),
    `RestartSec=${restartSec}`,
  ];
  const thaw = unitFile('guestd-thaw.service').replace('/usr/sbin/guestd', 'FOLDER/guestd');
  return ServiceManager.start({
    'guestd.service': fakeAgent.join('\n'),
    // Services of the system are in a slice that a shutdown does not stop.
    'guestd-thaw.service': `${thaw}Slice=-.slice\n`,
    'shut-down.target': '[Unit]\nDefaultDependencies=no\nRequires=shut-down.service\nAfter=shut-down.service',
    'shut-down.service': [
      '[Unit]\nDefaultDependencies=no\nRequires=shutdown.target\nAfter=shutdown.target',
      "[Service]\nSlice=-.slice\nType=oneshot\nExecStart=/bin/sh -c 'echo shut down >> FOLDER/events'",
    ].join('\n'),
  });
}

/** Installs a program in place of guestd that records its arguments, and fails as often as it is to. */
function installAgent({ folder }: ServiceManager, failures = 0): void {
  const script = `#!/bin/sh\necho "$*" >> ${folder}/events\n[ "$(wc -l < ${folder}/events)" -gt ${failures} ]\n`;
  writeFileSync(join(folder, 'guestd'), script, { mode: 0o755 });
}

function eventsOf({ folder }: ServiceManager): string[] {
  const file = join(folder, 'events');
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
}

async function crash(manager: ServiceManager): Promise<void> {
  manager.systemctl('start', 'guestd');
  manager.systemctl('kill', '--signal=KILL', 'guestd');
  await manager.untilProperty('guestd', 'SubState', 'auto-restart');
}

describe('guestd-thaw.service', { skip: noServiceManager(), timeout: TIMEOUT_MS }, () => {
  it('thaws if the unit is stopped after a crash, before the restart', async () => {
    await using manager = await startManager('1h');
    installAgent(manager);
    await crash(manager);
    assert.deepEqual(eventsOf(manager), []);
    manager.systemctl('stop', 'guestd');
    await manager.until(() => eventsOf(manager).length > 0);
    assert.deepEqual(eventsOf(manager), ['--thaw-after-exit']);
  });

  it('thaws during a shutdown after a crash, which waits for it', async () => {
    await using manager = await startManager('1h');
    installAgent(manager);
    await crash(manager);
    manager.systemctl('start', '--job-mode=replace-irreversibly', 'shut-down.target');
    assert.deepEqual(eventsOf(manager), ['--thaw-after-exit', 'shut down']);
  });

  it('thaws if a start limit prevents the restart', async () => {
    await using manager = await startManager('100ms', 'StartLimitIntervalSec=1h', 'StartLimitBurst=1');
    installAgent(manager);
    manager.systemctl('start', 'guestd');
    manager.systemctl('kill', '--signal=KILL', 'guestd');
    await manager.untilProperty('guestd', 'ActiveState', 'failed');
    await manager.until(() => eventsOf(manager).length > 0);
    assert.deepEqual(eventsOf(manager), ['--thaw-after-exit']);
  });

  it('leaves the freeze to the next agent at a restart, after a crash and by request', async () => {
    await using manager = await startManager('100ms');
    installAgent(manager);
    manager.systemctl('start', 'guestd');
    manager.systemctl('kill', '--signal=KILL', 'guestd');
    await manager.untilProperty('guestd', 'NRestarts', '1');
    await manager.untilProperty('guestd-thaw', 'SubState', 'dead');
    manager.systemctl('restart', 'guestd');
    // Waits for the end of the unit that the restart may have started.
    manager.systemctl('start', 'guestd-thaw');
    assert.deepEqual(eventsOf(manager), []);
  });

  it('tries again if something is still frozen', async () => {
    await using manager = await startManager('1h');
    installAgent(manager, 1);
    manager.systemctl('start', 'guestd-thaw');
    await manager.until(() => eventsOf(manager).length === 2);
    await manager.untilProperty('guestd-thaw', 'ActiveState', 'inactive');
    assert.equal(manager.systemctl('show', 'guestd-thaw', '--value', '--property', 'Result'), 'success');
  });
});
