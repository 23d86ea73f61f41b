import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createNotifier } from '../../../src/daemon/notifier.js';
import { cannotReceive, receiveDatagrams } from '../../support/datagrams.js';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder.js';

describe('the service manager notifier', { skip: cannotReceive, timeout: 60_000 }, () => {
  let folder: TemporaryFolder;

  beforeEach(() => {
    folder = temporaryFolder();
  });

  afterEach(() => folder[Symbol.dispose]());

  it('sends the state of the daemon, with timestamps of the monotonic clock', async () => {
    const path = folder.file('notify');
    using manager = await receiveDatagrams(path);
    using notifier = createNotifier({ NOTIFY_SOCKET: path });
    notifier.status('Serving');
    notifier.ready();
    const before = process.hrtime.bigint() / 1000n;
    notifier.reloading();
    const after = process.hrtime.bigint() / 1000n;
    notifier.stopping();
    const [, micros = ''] = await manager.until(
      new RegExp(
        `^STATUS=Serving\nREADY=1\nMAINPID=${process.pid}\nRELOADING=1\nMONOTONIC_USEC=(\\d+)\nSTOPPING=1\nSTATUS=Stopping\n$`,
      ),
    );
    assert.ok(BigInt(micros) >= before && BigInt(micros) <= after, micros);
  });

  for (const [which, length] of [
    ['a', 30],
    ['the longest', 108],
  ] as const) {
    it(`sends to a socket in the abstract namespace with ${which} name`, async () => {
      const name = `@guestwire-${process.pid}-`.padEnd(length, 'x');
      using manager = await receiveDatagrams(name);
      using notifier = createNotifier({ NOTIFY_SOCKET: name });
      notifier.status('there');
      await manager.until(/^STATUS=there\n$/);
    });
  }

  it('removes its variables from the environment of children', () => {
    const env = { NOTIFY_SOCKET: '/x', WATCHDOG_USEC: '1', WATCHDOG_PID: '2', PATH: '/bin' };
    createNotifier(env)[Symbol.dispose]();
    assert.deepEqual(env, { PATH: '/bin' });
  });

  it('sends watchdog notifications from readiness on, as long as the event loop runs', async () => {
    const path = folder.file('notify');
    using manager = await receiveDatagrams(path);
    using notifier = createNotifier({
      NOTIFY_SOCKET: path,
      WATCHDOG_USEC: '20000',
      WATCHDOG_PID: String(process.pid),
    });
    notifier.status('starting');
    await delay(50);
    await manager.until(/STATUS=starting\n/);
    assert.equal(manager.text, 'STATUS=starting\n');
    notifier.ready();
    await manager.until(/(WATCHDOG=1\n){5}$/);
    // While this loop blocks the event loop, only datagrams that were sent before may arrive.
    for (const until = Date.now() + 200; Date.now() < until; );
    notifier.status('hung');
    await manager.until(/STATUS=hung\n/);
    const fed = manager.text.split('STATUS=hung\n')[0]?.match(/WATCHDOG=1/g)?.length ?? 0;
    assert.ok(fed < 15, `fed ${fed} times`);
  });

  it('sends no watchdog notifications if the watchdog is for another process', async () => {
    const path = folder.file('notify');
    using manager = await receiveDatagrams(path);
    using notifier = createNotifier({ NOTIFY_SOCKET: path, WATCHDOG_USEC: '2000', WATCHDOG_PID: '1' });
    notifier.ready();
    await delay(20);
    notifier.stopping();
    await manager.until(/STATUS=Stopping\n/);
    assert.doesNotMatch(manager.text, /WATCHDOG/);
  });

  it('does nothing without a service manager, after it has gone, and with an invalid path', () => {
    for (const path of [
      undefined,
      folder.file('none'),
      'relative',
      '',
      '@',
      `/${'x'.repeat(107)}`,
      `@${'x'.repeat(108)}`,
    ]) {
      using notifier = createNotifier({ NOTIFY_SOCKET: path, WATCHDOG_USEC: 'soon' });
      notifier.ready();
      notifier.stopping();
    }
  });
});
