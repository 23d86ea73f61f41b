import assert from 'node:assert/strict';
import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import {
  EEXIST,
  ELOOP,
  ENOENT,
  ENOTDIR,
  EXDEV,
  errnoOf,
  O_PATH,
  type OpenBeneathOptions,
  openBeneath,
  pathOfFd,
} from '../src/index.js';

const { O_CREAT, O_DIRECTORY, O_EXCL, O_RDONLY, O_WRONLY } = constants;

for (const useOpenat2 of [true, false]) {
  describe(`openBeneath ${useOpenat2 ? 'with openat2' : 'component by component'}`, () => {
    let folder: string;
    let base: number;
    const opened: number[] = [];

    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'guestwire-'));
      mkdirSync(join(folder, 'base/sub'), { recursive: true });
      writeFileSync(join(folder, 'base/sub/file'), 'inside');
      writeFileSync(join(folder, 'secret'), 'outside');
      base = openSync(join(folder, 'base'), O_PATH | O_DIRECTORY);
      opened.push(base);
    });

    afterEach(() => {
      for (const fd of opened.splice(0)) closeSync(fd);
      rmSync(folder, { recursive: true });
    });

    const open = async (path: string, options: Partial<OpenBeneathOptions> = {}): Promise<number> => {
      const all = { flags: O_RDONLY, links: 'beneath', useOpenat2, ...options } as const;
      const fd = await openBeneath(base, Buffer.from(path), all);
      opened.push(fd);
      return fd;
    };
    const fails = (errno: number) => (error: unknown) => errnoOf(error) === errno;

    it('opens what is beneath the folder', async () => {
      assert.equal(readFileSync(await open('sub/file'), 'utf8'), 'inside');
      assert.equal(readFileSync(await open('./sub//file'), 'utf8'), 'inside');
      const fd = await open('sub/file', { flags: O_PATH });
      assert.equal((await pathOfFd(fd)).toString(), join(folder, 'base/sub/file'));
    });

    it('opens the folder itself', async () => {
      const fd = await open('.', { flags: O_PATH | O_DIRECTORY });
      assert.equal(readlinkSync(`/proc/self/fd/${fd}`), join(folder, 'base'));
    });

    it('opens nothing outside, through a link, an absolute path or ..', async () => {
      symlinkSync('../secret', join(folder, 'base/up'));
      symlinkSync(folder, join(folder, 'base/sub/out'));
      symlinkSync('/proc/self/root', join(folder, 'base/root'));
      for (const path of ['up', 'sub/out/secret', '../secret', 'sub/../../secret', 'root/etc/hostname']) {
        await assert.rejects(open(path), (error) => [EXDEV, ELOOP].includes(errnoOf(error) ?? 0), path);
        await assert.rejects(open(path, { flags: O_PATH }), (error) =>
          [EXDEV, ELOOP].includes(errnoOf(error) ?? 0),
        );
      }
    });

    it('refuses every link if asked to', async () => {
      symlinkSync('file', join(folder, 'base/sub/link'));
      symlinkSync('sub', join(folder, 'base/linked'));
      for (const path of ['sub/link', 'linked/file']) {
        await assert.rejects(open(path, { links: 'none' }), fails(ELOOP), path);
        await assert.rejects(open(path, { links: 'none', flags: O_PATH }), fails(ELOOP), path);
      }
    });

    it('creates a file with its mode, once', async () => {
      const create = { flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o600 };
      await open('sub/new', create);
      await assert.rejects(open('sub/new', create), fails(EEXIST));
      symlinkSync('../secret2', join(folder, 'base/dangling'));
      await assert.rejects(open('dangling', create), fails(EEXIST));
    });

    it('reports a missing file, a file in place of a folder, and a NUL', async () => {
      await assert.rejects(open('absent'), fails(ENOENT));
      await assert.rejects(open('sub/file/x'), fails(ENOTDIR));
      await assert.rejects(open('sub/fi\0le'), fails(ENOENT));
    });

    it('follows links that stay beneath the folder only with openat2', async () => {
      symlinkSync('sub/file', join(folder, 'base/link'));
      symlinkSync('../sub/file', join(folder, 'base/sub/link'));
      for (const path of ['link', 'sub/link']) {
        if (useOpenat2) assert.equal(readFileSync(await open(path), 'utf8'), 'inside');
        else await assert.rejects(open(path), fails(ELOOP));
      }
    });
  });
}
