import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { AgentError } from '../../src/agent-error.js';
import { createLog, type Log } from '../../src/log/logger.js';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.js';

describe('the logger', () => {
  let folder: TemporaryFolder;
  let file: string;

  beforeEach(() => {
    folder = temporaryFolder();
    file = folder.file('log');
  });

  afterEach(() => folder[Symbol.dispose]());

  const lines = () => readFileSync(file, 'utf8').split('\n').slice(0, -1);
  const texts = () => lines().map((line) => line.replace(/^\d+\.\d{6}: /, ''));
  const sayAll = (log: Log) => {
    for (const level of ['debug', 'info', 'warning', 'error', 'critical', 'syslog'] as const)
      log[level](level);
  };

  it('writes only errors unless it is verbose', () => {
    using log = createLog({ file });
    log.open();
    sayAll(log);
    assert.deepEqual(texts(), ['error: error', 'critical: critical']);
  });

  it('writes all levels if it is verbose', () => {
    using log = createLog({ file, verbose: true });
    log.open();
    sayAll(log);
    assert.deepEqual(texts(), [
      'debug: debug',
      'info: info',
      'warning: warning',
      'error: error',
      'critical: critical',
      'info: syslog',
    ]);
  });

  it('starts each line with the time in seconds and microseconds', () => {
    using log = createLog({ file });
    log.open();
    const before = Date.now() / 1000 - 1;
    log.error('x');
    const time = Number(/^(\d+\.\d{6}): error: x$/.exec(lines()[0] ?? '')?.[1]);
    assert.ok(time > before && time < before + 60, String(time));
  });

  it('writes one JSON object per line with format json', () => {
    using log = createLog({ file, format: 'json' });
    log.open();
    const before = Date.now() - 1000;
    log.error('a "b"\nc');
    log.critical('d');
    const [first, second] = lines().map((line): unknown => JSON.parse(line));
    const time = /"time":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)"/.exec(lines()[0] ?? '')?.[1] ?? '';
    assert.deepEqual(first, { time, level: 'error', message: 'a "b"\nc' });
    assert.ok(Date.parse(time) >= before && Date.parse(time) <= Date.now() + 1000, time);
    assert.deepEqual(Object.keys(Object(second)), ['time', 'level', 'message']);
  });

  it('writes one line per call even if a name contains line breaks', () => {
    using log = createLog({ file });
    log.open();
    log.error('a\n1.000000: error: b\x00\tc');
    assert.deepEqual(texts(), ['error: a\\x0a1.000000: error: b\\x00\tc']);
  });

  it('appends to an existing file', () => {
    writeFileSync(file, 'earlier\n');
    using log = createLog({ file });
    log.open();
    log.error('later');
    assert.deepEqual(texts(), ['earlier', 'error: later']);
  });

  it('drops lines while it is suspended', () => {
    using log = createLog({ file, verbose: true });
    log.open();
    log.suspend();
    sayAll(log);
    log.resume();
    log.info('back');
    assert.deepEqual(texts(), ['info: back']);
  });

  it('opens its file on resume if that failed before', () => {
    using log = createLog({ file, verbose: true });
    log.suspend();
    assert.equal(existsSync(file), false);
    log.resume();
    log.info('back');
    assert.deepEqual(texts(), ['info: back']);
  });

  it('reports why its file cannot be opened', () => {
    using log = createLog({ file: folder.file('no/log') });
    assert.throws(
      () => log.open(),
      (error) =>
        error instanceof AgentError &&
        error.code === 'log-file' &&
        error.message === 'unable to open specified log file: No such file or directory',
    );
  });

  it('continues when a line cannot be written', () => {
    using log = createLog({ file: '/dev/full' });
    log.open();
    log.error('lost');
  });
});
