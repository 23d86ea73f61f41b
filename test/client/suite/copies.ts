import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type CopyOptions, isGuestError } from '@guestwire/client';
import { digestHere, makeTree } from '../tree.js';
import type { Stand } from './stand.js';

/** Tests of copies of files and folders in both directions. */
export function describeCopies(stand: Stand): void {
  describe('copyTo and copyFrom', () => {
    const everything: CopyOptions = { recursive: true };
    let tree: string;

    before(() => {
      tree = join(stand.here, 'tree');
      makeTree(tree, stand.options.files ?? 2000, stand.large);
    });
    after(() => chmodSync(join(tree, 'read-only'), 0o755));

    test('copy a file to a new name, into a folder, and with its mode', async () => {
      const path = stand.freshHere();
      writeFileSync(path, randomBytes(100_000), { mode: 0o750 });
      const [to, into] = [stand.fresh(), stand.fresh()];
      await stand.shell('mkdir "$1"', into);
      const summary = await stand.guest.files.copyTo(path, to);
      assert.deepEqual(
        { ...summary, milliseconds: 0 },
        {
          files: 1,
          folders: 0,
          links: 0,
          bytes: 100_000,
          unchanged: 0,
          resumed: 0,
          skipped: 0,
          verified: true,
          milliseconds: 0,
        },
      );
      await stand.guest.files.copyTo(path, into);
      await stand.guest.files.copyTo(path, `${into}/`);
      const alias = stand.freshHere();
      symlinkSync(path, alias);
      await stand.guest.files.copyTo(alias, into);
      const told = await stand.shell('stat -c "%a %s %F" "$1" "$2/"*', to, into);
      assert.equal(told, Array(3).fill('750 100000 regular file').join('\n'));
      const names = [path, alias].map((each) => basename(each)).sort();
      assert.equal(await stand.shell('ls "$1"', into), names.join('\n'));

      const back = stand.freshHere();
      mkdirSync(back);
      await stand.guest.files.copyFrom(to, back);
      await stand.guest.files.copyFrom(to, join(back, 'named'), { preserveMode: false });
      const name = to.slice(to.lastIndexOf('/') + 1);
      assert.deepEqual(readdirSync(back).sort(), [name, 'named'].sort());
      assert.ok(readFileSync(join(back, name)).equals(readFileSync(path)));
      assert.equal(lstatSync(join(back, name)).mode & 0o7777, 0o750);
      assert.equal(lstatSync(join(back, 'named')).mode & 0o7777, 0o644);
    });

    test('reject a folder without recursive', async () => {
      await assert.rejects(stand.guest.files.copyTo(tree, stand.fresh()), TypeError);
      await assert.rejects(stand.guest.files.copyFrom(stand.subject.folder, stand.freshHere()), TypeError);
      await assert.rejects(stand.guest.files.copyFrom(stand.fresh(), stand.freshHere()), (error) =>
        isGuestError(error, 'command'),
      );
    });

    test('copy a tree with equal checksums despite repeated interruptions', async () => {
      const to = stand.fresh();
      const interruptedTo = await untilDone(
        async (limits) => await stand.guest.files.copyTo(tree, to, { ...everything, ...limits }),
      );
      assert.ok(interruptedTo.interruptions >= 2);
      assert.equal(await stand.digestThere(to), digestHere(tree));

      const back = stand.freshHere();
      const interruptedFrom = await untilDone(
        async (limits) => await stand.guest.files.copyFrom(to, back, { ...everything, ...limits }),
      );
      assert.ok(interruptedFrom.interruptions >= 2);
      assert.equal(digestHere(back), digestHere(tree));
      chmodSync(join(back, 'read-only'), 0o755);
    });

    test('skip unchanged files and replace changed ones', async () => {
      const to = stand.fresh();
      const first = await stand.guest.files.copyTo(tree, to, everything);
      assert.equal(first.unchanged, 0);
      const second = await stand.guest.files.copyTo(tree, to, everything);
      assert.deepEqual([second.unchanged, second.bytes], [first.files, first.bytes]);
      await stand.shell('cd "$1" && chmod 700 deep && echo more >>large && rm d-rf/link', to);
      const third = await stand.guest.files.copyTo(tree, to, everything);
      assert.equal(third.files - third.unchanged, 1);
      assert.equal(await stand.digestThere(to), digestHere(tree));
    });

    test('resume an interrupted copy of a large file', async () => {
      const path = stand.freshHere();
      const bytes = randomBytes(stand.large);
      writeFileSync(path, bytes);
      const to = stand.fresh();
      const sent = await interruptedAt(stand.large / 3, (limits) =>
        stand.guest.files.copyTo(path, to, { ...limits, chunkSize: stand.chunkSize }),
      );
      assert.equal(sent.summary.resumed, 1);
      assert.ok(sent.begunAt > stand.large / 6, `began at ${sent.begunAt}`);
      const back = stand.freshHere();
      const brought = await interruptedAt(stand.large / 3, (limits) =>
        stand.guest.files.copyFrom(to, back, { ...limits, chunkSize: stand.chunkSize }),
      );
      assert.equal(brought.summary.resumed, 1);
      assert.ok(brought.begunAt > stand.large / 6, `began at ${brought.begunAt}`);
      assert.ok(readFileSync(back).equals(bytes));
    });

    test('do not resume from different bytes', async () => {
      const path = stand.freshHere();
      writeFileSync(path, randomBytes(stand.large));
      const to = stand.fresh();
      const caller = new AbortController();
      await assert.rejects(
        stand.guest.files.copyTo(path, to, {
          chunkSize: stand.chunkSize,
          signal: caller.signal,
          onProgress: ({ bytes }) => bytes > stand.large / 3 && caller.abort(),
        }),
        (error) => isGuestError(error, 'aborted'),
      );
      writeFileSync(path, randomBytes(stand.large));
      const { resumed } = await stand.guest.files.copyTo(path, to);
      assert.equal(resumed, 0);
      assert.ok((await stand.guest.files.readFile(to)).equals(readFileSync(path)));
    });

    test('reject a file in place of a folder and a folder in place of a file', async () => {
      const [local, to] = [stand.freshHere(), stand.fresh()];
      mkdirSync(join(local, 'x'), { recursive: true });
      await stand.shell('mkdir "$1" && echo file >"$1/x"', to);
      await assert.rejects(stand.guest.files.copyTo(local, to, everything), /x: cannot create a folder/);
      await assert.rejects(stand.guest.files.copyFrom(to, local, everything));
      assert.ok(lstatSync(join(local, 'x')).isDirectory());
      rmSync(join(local, 'x'), { recursive: true });
      writeFileSync(join(local, 'x'), 'file');
      await stand.shell('rm "$1/x" && mkdir "$1/x"', to);
      await assert.rejects(
        stand.guest.files.copyTo(local, to, everything),
        /x: cannot create a file: the guest has a folder/,
      );
      await assert.rejects(stand.guest.files.copyFrom(to, local, everything), /another file has this name/);
    });

    test('copyFrom writes nothing through a link from an earlier copy', async () => {
      const [from, local, outside] = [stand.fresh(), stand.freshHere(), stand.freshHere()];
      mkdirSync(outside);
      await stand.shell('mkdir "$1" && ln -s "$2" "$1/x"', from, outside);
      await stand.guest.files.copyFrom(from, local, everything);
      assert.ok(lstatSync(join(local, 'x')).isSymbolicLink());
      await stand.shell('rm "$1/x" && mkdir "$1/x" && echo evil >"$1/x/file"', from);
      await assert.rejects(stand.guest.files.copyFrom(from, local, everything), /another file has this name/);
      assert.deepEqual(readdirSync(outside), []);
      await stand.shell('rm -r "$1/x" && echo fine >"$1/x"', from);
      writeFileSync(join(outside, 'victim'), 'untouched');
      rmSync(join(local, 'x'));
      symlinkSync(join(outside, 'victim'), join(local, 'x'));
      await stand.guest.files.copyFrom(from, local, everything);
      assert.equal(readFileSync(join(outside, 'victim'), 'utf8'), 'untouched');
      assert.equal(readFileSync(join(local, 'x'), 'utf8'), 'fine\n');
    });

    test('copy neither set-user-ID bits nor special files', async () => {
      const [from, local] = [stand.fresh(), stand.freshHere()];
      await stand.shell('mkdir "$1" && cd "$1" && echo x >s && chmod 6755 s && mkfifo pipe', from);
      const { skipped, files } = await stand.guest.files.copyFrom(from, local, everything);
      assert.deepEqual([files, skipped], [1, 1]);
      assert.deepEqual(readdirSync(local), ['s']);
      assert.equal(lstatSync(join(local, 's')).mode & 0o7777, 0o755);
    });

    /** Interrupts a copy three times, each time a bit later, and then completes it. */
    const untilDone = async <T>(
      copy: (options: CopyOptions) => Promise<T>,
    ): Promise<{ result: T; interruptions: number }> => {
      let interruptions = 0;
      for (const share of [0.2, 0.5, 0.8]) {
        const caller = new AbortController();
        const onProgress: NonNullable<CopyOptions['onProgress']> = ({ bytes, totalBytes = 0 }) => {
          if (bytes > totalBytes * share) caller.abort();
        };
        try {
          await copy({ signal: caller.signal, onProgress });
        } catch (error) {
          assert.ok(isGuestError(error, 'aborted'), String(error));
          interruptions++;
        }
      }
      return { result: await copy({}), interruptions };
    };

    /** Interrupts a copy of one file after `bytesBefore` bytes and returns the position where the second copy began. */
    const interruptedAt = async <T>(
      bytesBefore: number,
      copy: (options: CopyOptions) => Promise<T>,
    ): Promise<{ summary: T; begunAt: number }> => {
      const caller = new AbortController();
      await assert.rejects(
        copy({
          signal: caller.signal,
          onProgress: ({ fileBytes }) => fileBytes >= bytesBefore && caller.abort(),
        }),
        (error) => isGuestError(error, 'aborted'),
      );
      let begunAt: number | undefined;
      const summary = await copy({
        onProgress: ({ fileBytes }) => {
          begunAt ??= fileBytes;
        },
      });
      return { summary, begunAt: begunAt ?? 0 };
    };
  });
}
