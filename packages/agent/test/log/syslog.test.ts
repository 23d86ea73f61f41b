import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { createLog } from '../../src/log/logger.js';
import { createSyslog } from '../../src/log/syslog.js';
import { cannotReceive, receiveDatagrams } from '../support/datagrams.js';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.js';

describe('syslog', { skip: cannotReceive, timeout: 60_000 }, () => {
  let folder: TemporaryFolder;
  let path: string;

  beforeEach(() => {
    folder = temporaryFolder();
    path = folder.file('log');
  });

  afterEach(() => folder[Symbol.dispose]());

  it('gets a line as the C library would send it', async () => {
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

  it('gets its lines whatever the level is and wherever the log is, and the log does not', async () => {
    using receiver = await receiveDatagrams(path);
    const file = folder.file('file');
    using log = createLog({ file, verbose: true, syslog: path });
    log.open();
    log.syslog('one');
    log.info('two');
    await receiver.until(/info: one$/);
    assert.match(readFileSync(file, 'utf8'), /^[\d.]+: info: two\n$/);
  });

  it('gets what was said before a freeze, nothing while it lasts, and what is said after it', async () => {
    using receiver = await receiveDatagrams(path);
    using log = createLog({ syslog: path });
    log.syslog('before');
    log.suspend();
    log.syslog('meanwhile');
    log.resume();
    log.syslog('after');
    await receiver.until(/after$/);
    assert.match(receiver.text, /^<14>.{15} guestd: info: before<14>.{15} guestd: info: after$/);
  });

  it('gets what is said last', async () => {
    using receiver = await receiveDatagrams(path);
    {
      using log = createLog({ syslog: path });
      log.syslog('the end');
    }
    await receiver.until(/the end$/);
  });

  it('gets one line, whatever a host has put into a name', async () => {
    using receiver = await receiveDatagrams(path);
    using syslog = createSyslog(path);
    syslog.log('a\nb\x00\tc\x7f');
    await receiver.until(/info: a\\x0ab\\x00\tc\\x7f$/);
  });

  it('that nobody reads holds nobody up, and gets its lines when it reads again', async () => {
    using receiver = await receiveDatagrams(path);
    using syslog = createSyslog(path);
    // Stopped, so that the kernel's queue fills up.
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

  it('that nobody ever reads is not waited for at the end either', async () => {
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

  it('that is not there, or comes later, does no harm', async () => {
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
