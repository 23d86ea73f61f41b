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

  it('writes only errors unless it is verbose', async () => {
    await using log = createLog({ file });
    await log.open();
    sayAll(log);
    await log.flush();
    assert.deepEqual(texts(), ['error: error', 'critical: critical']);
  });

  it('writes all levels if it is verbose', async () => {
    await using log = createLog({ file, verbose: true });
    await log.open();
    sayAll(log);
    await log.flush();
    assert.deepEqual(texts(), [
      'debug: debug',
      'info: info',
      'warning: warning',
      'error: error',
      'critical: critical',
      'info: syslog',
    ]);
  });

  it('starts each line with the time in seconds and microseconds', async () => {
    await using log = createLog({ file });
    await log.open();
    const before = Date.now() / 1000 - 1;
    log.error('x');
    await log.flush();
    const time = Number(/^(\d+\.\d{6}): error: x$/.exec(lines()[0] ?? '')?.[1]);
    assert.ok(time > before && time < before + 60, String(time));
  });

  it('writes one JSON object per line with format json', async () => {
    await using log = createLog({ file, format: 'json' });
    await log.open();
    const before = Date.now() - 1000;
    log.error('a "b"\nc');
    log.critical('d');
    await log.flush();
    const [first, second] = lines().map((line): unknown => JSON.parse(line));
    const time = /"time":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)"/.exec(lines()[0] ?? '')?.[1] ?? '';
    assert.deepEqual(first, { time, level: 'error', message: 'a "b"\nc' });
    assert.ok(Date.parse(time) >= before && Date.parse(time) <= Date.now() + 1000, time);
    assert.deepEqual(Object.keys(Object(second)), ['time', 'level', 'message']);
  });

  it('writes one line per call even if a name contains line breaks', async () => {
    await using log = createLog({ file });
    await log.open();
    log.error('a\n1.000000: error: b\x00\tc');
    await log.flush();
    assert.deepEqual(texts(), ['error: a\\x0a1.000000: error: b\\x00\tc']);
  });

  it('escapes characters that change how a line is displayed, in both formats', async () => {
    const message = 'é\x7f\x9b\xad\u200e\u202e\u2028\u2029\u{e0001}😀';
    await using text = createLog({ file });
    await text.open();
    text.error(message);
    await text.flush();
    assert.deepEqual(texts(), [String.raw`error: é\x7f\x9b\xad\u{200e}\u{202e}\u{2028}\u{2029}\u{e0001}😀`]);
    await using json = createLog({ file, format: 'json' });
    await json.open();
    json.error(message);
    await json.flush();
    const line = lines()[1] ?? '';
    assert.ok(line.endsWith(String.raw`"é\u007f\u009b\u00ad\u200e\u202e\u2028\u2029\udb40\udc01😀"}`), line);
    assert.equal(Object(JSON.parse(line)).message, message);
  });

  it('appends to an existing file', async () => {
    writeFileSync(file, 'earlier\n');
    await using log = createLog({ file });
    await log.open();
    log.error('later');
    await log.flush();
    assert.deepEqual(texts(), ['earlier', 'error: later']);
  });

  it('drops lines while it is suspended', async () => {
    await using log = createLog({ file, verbose: true });
    await log.open();
    await log.suspend();
    sayAll(log);
    log.resume();
    log.info('back');
    await log.flush();
    assert.deepEqual(texts(), ['info: back']);
  });

  it('has written what came before when it is suspended', async () => {
    await using log = createLog({ file, verbose: true });
    await log.open();
    sayAll(log);
    const { length } = texts();
    await log.suspend();
    assert.ok(length <= 6);
    assert.equal(texts().length, 6);
  });

  it('writes all lines of a burst in their order', async () => {
    await using log = createLog({ file });
    await log.open();
    const numbers = Array.from({ length: 5000 }, (_, index) => `error: line ${index}`);
    for (const text of numbers) log.error(text.slice('error: '.length));
    await log.flush();
    assert.deepEqual(texts(), numbers);
  });

  it('opens its file on resume if that failed before', async () => {
    await using log = createLog({ file, verbose: true });
    await log.suspend();
    assert.equal(existsSync(file), false);
    log.resume();
    log.info('back');
    await log.flush();
    assert.deepEqual(texts(), ['info: back']);
  });

  it('reports why its file cannot be opened', async () => {
    await using log = createLog({ file: folder.file('no/log') });
    await assert.rejects(
      log.open(),
      (error) =>
        error instanceof AgentError &&
        error.code === 'log-file' &&
        error.message === 'unable to open specified log file: No such file or directory',
    );
  });

  it('continues when a line cannot be written', async () => {
    await using log = createLog({ file: '/dev/full' });
    await log.open();
    log.error('lost');
  });
});
