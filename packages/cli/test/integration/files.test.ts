import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fakeFiles } from '../support/fake-files.js';
import { fakeOnSocket } from '../support/fake-on-socket.js';
import { guestctl } from '../support/guestctl.js';

const content = Buffer.from('häßlich\u001b[2J\n');

describe('guestctl cat', () => {
  test('prints files unchanged', async () => {
    const files = new Map([
      ['/a', content],
      ['/b', Buffer.from('b')],
    ]);
    await using guest = await fakeOnSocket(fakeFiles(files));
    const { status, out } = await guestctl(['cat', '/a', '/b', '--to', guest.target]);
    assert.equal(status, 0);
    assert.equal(out, `${content.toString()}b`);
  });

  test('escapes control characters on a terminal, also in a character split between chunks', async () => {
    await using guest = await fakeOnSocket(fakeFiles(new Map([['/a', content]])));
    const { out } = await guestctl(['cat', '/a', '--to', guest.target], { terminal: true });
    assert.equal(out, 'häßlich\\u001b[2J\n');
  });

  test('prints a document with --json', async () => {
    const files = new Map([
      ['/a', content],
      ['/b', Buffer.from([255])],
    ]);
    await using guest = await fakeOnSocket(fakeFiles(files));
    const { out } = await guestctl(['cat', '--json', '/a', '/b', '--to', guest.target]);
    assert.deepEqual(JSON.parse(out), [
      { path: '/a', bytes: content.length, data: content.toString() },
      { path: '/b', bytes: 1, dataBase64: '/w==' },
    ]);
  });

  test('exits with 1 when the guest cannot open the file', async () => {
    await using guest = await fakeOnSocket(fakeFiles(new Map()));
    const { status, out, err } = await guestctl(['cat', '/a', '--to', guest.target]);
    assert.equal(status, 1);
    assert.equal(out, '');
    assert.equal(err, "guestctl: guest-file-open: failed to open file '/a'\n");
  });
});

describe('guestctl write', () => {
  test('writes standard input unchanged', async () => {
    const files = new Map<string, Buffer>([['/a', Buffer.from('old')]]);
    await using guest = await fakeOnSocket(fakeFiles(files));
    const input = Buffer.from([0, 255, 10, 13]);
    const { status, out } = await guestctl(['write', '/a', '--to', guest.target], { input });
    assert.equal(status, 0);
    assert.equal(out, '4 B written to /a\n');
    assert.deepEqual(files.get('/a'), input);
  });

  test('appends to a file with --append', async () => {
    const files = new Map<string, Buffer>([['/a', Buffer.from('old')]]);
    await using guest = await fakeOnSocket(fakeFiles(files));
    const { out } = await guestctl(['write', '--append', '--json', '/a', '--to', guest.target], {
      input: 'new',
    });
    assert.equal(out, '{"path": "/a", "bytes": 3}\n');
    assert.equal(files.get('/a')?.toString(), 'oldnew');
  });

  test('writes the same to several guests', async () => {
    const files = [new Map<string, Buffer>(), new Map<string, Buffer>()] as const;
    await using one = await fakeOnSocket(fakeFiles(files[0]));
    await using two = await fakeOnSocket(fakeFiles(files[1]));
    const input = Buffer.from([255, 0]);
    const { status } = await guestctl(['write', '/a', '--to', one.target, '--to', two.target], { input });
    assert.equal(status, 0);
    for (const map of files) assert.deepEqual(map.get('/a'), input);
  });

  for (const args of [
    ['--append', '--atomic'],
    ['--mode', '9'],
    ['--mode', '07777777'],
  ]) {
    test(`rejects ${args.join(' ')}`, async () => {
      await using guest = await fakeOnSocket();
      const { status } = await guestctl(['write', ...args, '/a', '--to', guest.target]);
      assert.equal(status, 2);
      assert.deepEqual(guest.fake.commands, []);
    });
  }
});
