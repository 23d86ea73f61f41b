import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { createLog } from '../../../src/log/logger.js';
import { createSyslog } from '../../../src/log/syslog.js';
import { cannotReceive, receiveDatagrams } from '../../support/datagrams.js';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder.js';

describe('the syslog client', { skip: cannotReceive, timeout: 60_000 }, () => {
  let folder: TemporaryFolder;
  let path: string;

  beforeEach(() => {
    folder = temporaryFolder();
    path = folder.file('log');
  });

  afterEach(() => folder[Symbol.dispose]());

  it('sends a line in the format of the C library', async () => {
    using receiver = await receiveDatagrams(path);
    using syslog = createSyslog(path);
    const before = Math.floor(Date.now() / 1000) * 1000;
    syslog.log('guest-ping called');
    const [, time = ''] = await receiver.until(
      /^<14>([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) guestd: info: guest-ping called$/,
    );
    const sent = Date.parse(`${time} ${new Date().getFullYear()}`);
    assert.ok(sent >= before && sent <= Date.now(), time);
  });

  it('sends its lines at every log level and not to the log file', async () => {
    using receiver = await receiveDatagrams(path);
    const file = folder.file('file');
    await using log = createLog({ file, verbose: true, syslog: path });
    await log.open();
    log.syslog('one');
    log.info('two');
    await receiver.until(/info: one$/);
    await log.flush();
    assert.match(readFileSync(file, 'utf8'), /^[\d.]+: info: two\n$/);
  });

  it('sends lines from before and after a freeze, and none during it', async () => {
    using receiver = await receiveDatagrams(path);
    await using log = createLog({ syslog: path });
    log.syslog('before');
    void log.suspend();
    log.syslog('meanwhile');
    log.resume();
    log.syslog('after');
    await receiver.until(/after$/);
    assert.match(receiver.text, /^<14>.{15} guestd: info: before<14>.{15} guestd: info: after$/);
  });

  it('sends the last line before exit', async () => {
    using receiver = await receiveDatagrams(path);
    {
      await using log = createLog({ syslog: path });
      log.syslog('the end');
    }
    await receiver.until(/the end$/);
  });

  it('sends one line even if a name contains line breaks', async () => {
    using receiver = await receiveDatagrams(path);
    using syslog = createSyslog(path);
    syslog.log('a\nb\x00\tc\x7f');
    await receiver.until(/info: a\\x0ab\\x00\tc\\x7f$/);
  });

  it('does not block on a full socket, and sends the queued lines when it is read again', async () => {
    using receiver = await receiveDatagrams(path);
    using syslog = createSyslog(path);
    // Stop the receiver, so that the kernel's queue fills up.
    process.kill(receiver.pid, 'SIGSTOP');
    for (let i = 1; i <= 900; i += 1) {
      syslog.log(`line ${i};`);
      if (i % 100 === 0) syslog.flush();
    }
    process.kill(receiver.pid, 'SIGCONT');
    await receiver.until(/line 900;$/);
    const numbers = Array.from(receiver.text.matchAll(/line (\d+);/g), ([, number]) => Number(number));
    assert.deepEqual(
      numbers,
      numbers.map((_, index) => index + 1),
    );
  });

  it('does not wait at exit for a socket that is never read', async () => {
    using receiver = await receiveDatagrams(path);
    process.kill(receiver.pid, 'SIGSTOP');
    {
      using syslog = createSyslog(path);
      for (let i = 0; i < 5000; i += 1) {
        syslog.log('x'.repeat(1000));
        if (i % 500 === 0) syslog.flush();
      }
    }
    process.kill(receiver.pid, 'SIGCONT');
  });

  it('works without a syslog socket and with one that appears later', async () => {
    using syslog = createSyslog(path);
    syslog.log('lost');
    syslog.flush();
    using receiver = await receiveDatagrams(path);
    syslog.log('found');
    await receiver.until(/^<14>.{15} guestd: info: found$/);
    using nowhere = createSyslog(`/${'x'.repeat(200)}`);
    nowhere.log('lost');
    nowhere.flush();
  });
});
