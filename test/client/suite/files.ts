import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { describe, test } from 'node:test';
import type { Stand } from './stand.js';

/** Tests of single files. */
export function describeFiles(stand: Stand): void {
  describe('files', () => {
    for (const length of [0, 1, 4095, 4096, 65_537, stand.large]) {
      test(`writeFile and readFile carry ${length} bytes`, async () => {
        const path = stand.fresh();
        const bytes = randomBytes(length);
        assert.deepEqual(await stand.guest.files.writeFile(path, bytes), { bytes: length });
        assert.equal(await stand.shell('wc -c <"$1"', path), String(length));
        assert.ok((await stand.guest.files.readFile(path)).equals(bytes));
      });
    }

    test('writeFile appends, and a file is read from an offset', async () => {
      const path = stand.fresh();
      await stand.guest.files.writeFile(path, 'one ');
      await stand.guest.files.writeFile(path, 'two', { append: true });
      await using file = await stand.guest.files.open(path, 'r+');
      assert.equal(Number(await file.seek(-3, 'end')), 4);
      assert.equal(String((await file.read(100)).data), 'two');
      await file.seek(0);
      await file.write(Buffer.from('ONE'));
      await file.flush();
      assert.equal(await stand.shell('cat "$1"', path), 'ONE two');
    });

    test('streams carry a file in both directions', async () => {
      const [from, to] = [stand.fresh(), stand.fresh()];
      const bytes = randomBytes(Math.ceil(stand.large / 5));
      await stand.guest.files.writeFile(from, bytes);
      await using source = await stand.guest.files.open(from);
      await using target = await stand.guest.files.open(to, 'w');
      await pipeline(source.createReadStream(), target.createWriteStream());
      assert.ok((await stand.guest.files.readFile(to)).equals(bytes));
    });

    test('writeFile with atomic keeps the old mode or sets the given one', async () => {
      const path = stand.fresh();
      await stand.guest.files.writeFile(path, 'old', { mode: 0o640 });
      assert.equal(await stand.shell('stat -c %a "$1"', path), '640');
      await stand.guest.files.writeFile(path, 'new', { atomic: true });
      assert.equal(await stand.shell('stat -c %a "$1"; cat "$1"', path), '640\nnew');
      await stand.guest.files.writeFile(path, 'newer', { atomic: true, mode: 0o600 });
      assert.equal(await stand.shell('stat -c %a "$1"; cat "$1"', path), '600\nnewer');
      assert.equal(await stand.shell('ls -A "$1" | grep -c partial || :', stand.subject.folder), '0');
    });

    test('writeFile with atomic replaces a link', async () => {
      const [path, victim] = [stand.fresh(), stand.fresh()];
      await stand.shell('echo victim >"$2"; ln -s "$2" "$1"', path, victim);
      await stand.guest.files.writeFile(path, 'new', { atomic: true });
      assert.equal(await stand.shell('cat "$1" "$2"', path, victim), 'newvictim');
    });

    test('readFile rejects a missing file and a folder', async () => {
      await assert.rejects(stand.guest.files.readFile(stand.fresh()), /No such file or directory/);
      await assert.rejects(stand.guest.files.readFile(stand.subject.folder), /Is a directory/);
      await assert.rejects(
        stand.guest.files.writeFile(stand.subject.folder, '', { atomic: true }),
        /is a folder/,
      );
    });

    test('readFile rejects an endless file at maxSize', async () => {
      await assert.rejects(
        stand.guest.files.readFile('/dev/zero', { maxSize: 100_000 }),
        /longer than 100000 bytes/,
      );
    });
  });
}
