import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { after, before, describe, test } from 'node:test';
import { type Commands, type CopyOptions, type Guest, isGuestError } from '@guestwire/client';
import { digestHere, digestScript, makeTree } from './tree.js';

/** A guest that the suite may use as it likes, within one folder. */
export interface Subject extends AsyncDisposable {
  /** Opens a connection of its own. */
  connect(): Promise<Guest>;
  /** An empty folder in the guest, which the agent may write to. */
  readonly folder: string;
}

/** What the suite has to know of an agent. */
export interface SuiteOptions {
  /** The release of QEMU that the agent plays, or is. */
  readonly release: string;
  /** Commands of the contract that it does not have. */
  readonly absent: readonly (keyof Commands)[];
  /** May the guest be frozen? Never say so of the machine that the suite itself runs on. */
  readonly mayFreeze: boolean;
  /** How many files the tree has that is copied; 2000 if absent. */
  readonly files?: number;
  /** How many bytes a large file has; 5 000 000 if absent, less for a way that takes its time. */
  readonly large?: number;
  /** Why the suite cannot run. */
  readonly skip?: string | false;
}

const since = (release: string, wanted: string): boolean => {
  const [major = 0, minor = 0] = release.split('.').map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = wanted.split('.').map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
};

/**
 * What `@guestwire/client` promises, held against a real agent. It is the same for every agent and every way to it; it looks
 * at the guest through the agent alone.
 */
export const clientSuite = (name: string, start: () => Promise<Subject>, options: SuiteOptions): void => {
  const large = options.large ?? 5_000_000;
  const chunkSize = Math.ceil(large / 12);
  describe(`the client and ${name}`, { skip: options.skip ?? false }, () => {
    let subject: Subject;
    let guest: Guest;
    let here: string;
    let count = 0;
    /** A path in the guest that nobody has used. */
    const fresh = (): string => `${subject.folder}/${count++}`;
    /** A path here that nobody has used. */
    const freshHere = (): string => join(here, String(count++));
    const shell = async (script: string, ...args: string[]): Promise<string> => {
      const { stdout, stderr, exitCode } = await guest.exec('/bin/sh', [
        '-c',
        `PATH=$PATH:/usr/bin:/bin; ${script}`,
        'sh',
        ...args,
      ]);
      assert.equal(exitCode, 0, String(stderr));
      return stdout.toString('latin1').trim();
    };
    const digestThere = (folder: string): Promise<string> => shell(digestScript, folder);

    before(async () => {
      subject = await start();
      guest = await subject.connect();
      here = mkdtempSync(join(tmpdir(), 'guestwire-suite-'));
    });
    after(async () => {
      rmSync(here, { recursive: true, force: true });
      await guest?.close();
      await subject?.[Symbol.asyncDispose]();
    });

    describe('a call', () => {
      test('gives what the agent is, and the commands that it has', async () => {
        const { version, supported_commands: known } = await guest.call('guest-info');
        assert.match(version, /^\d+\.\d+/);
        const names = new Set(known.map(({ name }) => name));
        for (const absent of options.absent) assert.ok(!names.has(absent), `${absent} is there`);
        for (const present of ['guest-ping', 'guest-exec', 'guest-file-open']) assert.ok(names.has(present));
      });

      for (const absent of options.absent) {
        test(`of ${absent} is unsupported: the agent does not have it`, async () => {
          await assert.rejects(guest.callRaw(absent), (error) => isGuestError(error, 'unsupported'));
          await guest.call('guest-ping');
        });
      }

      test('has its answer checked, and integers of 64 bits kept exact', async () => {
        assert.equal(
          await guest.call('guest-sync', { id: 9_223_372_036_854_775_807n }),
          9_223_372_036_854_775_807n,
        );
        assert.ok((await guest.call('guest-get-time')) > 1_700_000_000_000_000_000n);
        assert.ok((await guest.call('guest-get-host-name'))['host-name'].length > 0);
        assert.ok((await guest.call('guest-network-get-interfaces')).length > 0);
      });

      test('has the answer that belongs to it, whoever else calls', async () => {
        const ids = Array.from({ length: 50 }, (_, i) => i + 1);
        assert.deepEqual(await Promise.all(ids.map((id) => guest.call('guest-sync', { id }))), ids);
      });

      test('that fails gives the guest’s own class and words, and the next one works', async () => {
        await assert.rejects(guest.call('guest-file-read', { handle: 1 }), (error) => {
          assert.ok(isGuestError(error, 'command'));
          assert.equal(error.class, 'GenericError');
          assert.equal(error.desc, "handle '1' has not been found");
          return true;
        });
        await guest.call('guest-ping');
      });

      test('that is given up leaves nothing behind for the next', async () => {
        await Promise.all(
          Array.from({ length: 20 }, async (_, i) => {
            const caller = new AbortController();
            const call = guest.call('guest-sync', { id: 1000 + i }, { signal: caller.signal });
            setImmediate(() => caller.abort());
            await call.catch((error: unknown) => assert.ok(isGuestError(error, 'aborted')));
          }),
        );
        assert.equal(await guest.call('guest-sync', { id: 7 }), 7);
      });
    });

    describe('a file', () => {
      for (const length of [0, 1, 4095, 4096, 65_537, large]) {
        test(`of ${length} bytes arrives as it was sent, in both directions`, async () => {
          const path = fresh();
          const bytes = randomBytes(length);
          assert.deepEqual(await guest.files.writeFile(path, bytes), { bytes: length });
          assert.equal(await shell('wc -c <"$1"', path), String(length));
          assert.ok((await guest.files.readFile(path)).equals(bytes));
        });
      }

      test('is added to, and read from the middle', async () => {
        const path = fresh();
        await guest.files.writeFile(path, 'one ');
        await guest.files.writeFile(path, 'two', { append: true });
        await using file = await guest.files.open(path, 'r+');
        assert.equal(Number(await file.seek(-3, 'end')), 4);
        assert.equal(String((await file.read(100)).data), 'two');
        await file.seek(0);
        await file.write(Buffer.from('ONE'));
        await file.flush();
        assert.equal(await shell('cat "$1"', path), 'ONE two');
      });

      test('flows through streams', async () => {
        const [from, to] = [fresh(), fresh()];
        const bytes = randomBytes(Math.ceil(large / 5));
        await guest.files.writeFile(from, bytes);
        await using source = await guest.files.open(from);
        await using target = await guest.files.open(to, 'w');
        await pipeline(source.createReadStream(), target.createWriteStream());
        assert.ok((await guest.files.readFile(to)).equals(bytes));
      });

      test('is put in place in one step, with the mode that it had or is given', async () => {
        const path = fresh();
        await guest.files.writeFile(path, 'old', { mode: 0o640 });
        assert.equal(await shell('stat -c %a "$1"', path), '640');
        await guest.files.writeFile(path, 'new', { atomic: true });
        assert.equal(await shell('stat -c %a "$1"; cat "$1"', path), '640\nnew');
        await guest.files.writeFile(path, 'newer', { atomic: true, mode: 0o600 });
        assert.equal(await shell('stat -c %a "$1"; cat "$1"', path), '600\nnewer');
        assert.equal(await shell('ls -A "$1" | grep -c partial || :', subject.folder), '0');
      });

      test('is written beside a link, not through it, in one step', async () => {
        const [path, victim] = [fresh(), fresh()];
        await shell('echo victim >"$2"; ln -s "$2" "$1"', path, victim);
        await guest.files.writeFile(path, 'new', { atomic: true });
        assert.equal(await shell('cat "$1" "$2"', path, victim), 'newvictim');
      });

      test('that is not there, or is a folder, is an error of the guest', async () => {
        await assert.rejects(guest.files.readFile(fresh()), /No such file or directory/);
        await assert.rejects(guest.files.readFile(subject.folder), /Is a directory/);
        await assert.rejects(guest.files.writeFile(subject.folder, '', { atomic: true }), /is a folder/);
      });

      test('without an end is not read without an end', async () => {
        await assert.rejects(
          guest.files.readFile('/dev/zero', { maxSize: 100_000 }),
          /longer than 100000 bytes/,
        );
      });
    });

    describe('a program', () => {
      test('gets its arguments, environment and input as they are, and gives back what it wrote', async () => {
        // More than a pipe holds, and no more than libvirt carries in one request.
        const input = randomBytes(90_000);
        const odd = ["a'b", '$(id)', 'two\nlines', '', 'ü'];
        const result = await guest.exec(
          '/bin/sh',
          ['-c', 'printf "%s|" "$@" "$A" >&2; PATH=/usr/bin:/bin; exec cat', 'sh', ...odd],
          { input, env: { A: 'x y' } },
        );
        assert.deepEqual(
          { ...result, stdout: result.stdout.equals(input), stderr: String(result.stderr) },
          {
            exitCode: 0,
            signal: undefined,
            stdout: true,
            stderr: `${[...odd, 'x y'].join('|')}|`,
            truncated: { stdout: false, stderr: false },
          },
        );
      });

      test('tells how it ended', async () => {
        assert.equal((await guest.exec('/bin/sh', ['-c', 'exit 7'])).exitCode, 7);
        const killed = await guest.exec('/bin/sh', ['-c', 'kill -9 $$']);
        assert.deepEqual([killed.exitCode, killed.signal], [undefined, 9]);
        await assert.rejects(guest.exec('/no/such/program'), (error) => isGuestError(error, 'command'));
      });

      test('is captured as asked', async () => {
        const script = ['-c', 'echo out; echo err >&2'];
        for (const [capture, out, err] of [
          ['separated', 'out\n', 'err\n'],
          ['stdout', 'out\n', ''],
          ['stderr', '', 'err\n'],
          ['none', '', ''],
        ] as const) {
          const { stdout, stderr } = await guest.exec('/bin/sh', script, { capture });
          assert.deepEqual([String(stdout), String(stderr)], [out, err], capture);
        }
        const merged = guest.exec('/bin/sh', script, { capture: 'merged' });
        if (since(options.release, '8.1')) assert.equal(String((await merged).stdout), 'out\nerr\n');
        else await assert.rejects(merged, (error) => isGuestError(error, 'unsupported'));
      });

      test('that takes too long is ended in the guest', async () => {
        const path = fresh();
        await assert.rejects(
          guest.exec('/bin/sh', ['-c', 'echo $$ >"$1"; exec /bin/sleep 1000', 'sh', path], { timeout: 500 }),
          (error) => isGuestError(error, 'timeout'),
        );
        assert.equal(
          await shell('if kill -0 "$(cat "$1")" 2>/dev/null; then echo alive; else echo gone; fi', path),
          'gone',
        );
      });

      test('that does not listen is killed', async () => {
        const path = fresh();
        const caller = new AbortController();
        const running = guest.exec(
          '/bin/sh',
          ['-c', 'trap "" TERM; echo $$ >"$1"; while :; do /bin/sleep 0.1; done', 'sh', path],
          {
            signal: caller.signal,
          },
        );
        const rejected = assert.rejects(running, (error) => isGuestError(error, 'aborted'));
        await guest.waitFor(async () =>
          (await shell('cat "$1" 2>/dev/null || :', path)) === '' ? undefined : true,
        );
        caller.abort();
        await rejected;
        assert.equal(
          await shell('if kill -0 "$(cat "$1")" 2>/dev/null; then echo alive; else echo gone; fi', path),
          'gone',
        );
      });
    });

    describe('waiting', () => {
      test('for the agent, a command and a process ends', async () => {
        const limits = { timeout: 60_000 };
        await guest.waitFor('agent', limits);
        await guest.waitFor({ command: 'guest-exec' }, limits);
        const { pid } = await guest.call('guest-exec', { path: '/bin/sh', arg: ['-c', 'exit 5'] });
        assert.equal((await guest.waitFor({ process: pid }, limits)).exitCode, 5);
      });
    });

    describe('a copy', () => {
      const everything: CopyOptions = { recursive: true };
      let tree: string;

      before(() => {
        tree = join(here, 'tree');
        makeTree(tree, options.files ?? 2000, large);
      });
      after(() => chmodSync(join(tree, 'read-only'), 0o755));

      test('of a file arrives under its new name, in a folder, and with its mode', async () => {
        const path = freshHere();
        writeFileSync(path, randomBytes(100_000), { mode: 0o750 });
        const [to, into] = [fresh(), fresh()];
        await shell('mkdir "$1"', into);
        const summary = await guest.files.copyTo(path, to);
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
        await guest.files.copyTo(path, into);
        await guest.files.copyTo(path, `${into}/`);
        const alias = freshHere();
        symlinkSync(path, alias);
        await guest.files.copyTo(alias, into);
        const told = await shell('stat -c "%a %s %F" "$1" "$2/"*', to, into);
        assert.equal(told, Array(3).fill('750 100000 regular file').join('\n'));
        const names = [path, alias].map((each) => basename(each)).sort();
        assert.equal(await shell('ls "$1"', into), names.join('\n'));

        const back = freshHere();
        mkdirSync(back);
        await guest.files.copyFrom(to, back);
        await guest.files.copyFrom(to, join(back, 'named'), { preserveMode: false });
        const name = to.slice(to.lastIndexOf('/') + 1);
        assert.deepEqual(readdirSync(back).sort(), [name, 'named'].sort());
        assert.ok(readFileSync(join(back, name)).equals(readFileSync(path)));
        assert.equal(lstatSync(join(back, name)).mode & 0o7777, 0o750);
        assert.equal(lstatSync(join(back, 'named')).mode & 0o7777, 0o644);
      });

      test('of a folder wants to be asked for as such', async () => {
        await assert.rejects(guest.files.copyTo(tree, fresh()), TypeError);
        await assert.rejects(guest.files.copyFrom(subject.folder, freshHere()), TypeError);
        await assert.rejects(guest.files.copyFrom(fresh(), freshHere()), (error) =>
          isGuestError(error, 'command'),
        );
      });

      test('of a tree that is interrupted again and again ends with equal checksums, to the guest and back', async () => {
        const to = fresh();
        const interruptedTo = await untilDone(
          async (limits) => await guest.files.copyTo(tree, to, { ...everything, ...limits }),
        );
        assert.ok(interruptedTo.interruptions >= 2);
        assert.equal(await digestThere(to), digestHere(tree));

        const back = freshHere();
        const interruptedFrom = await untilDone(
          async (limits) => await guest.files.copyFrom(to, back, { ...everything, ...limits }),
        );
        assert.ok(interruptedFrom.interruptions >= 2);
        assert.equal(digestHere(back), digestHere(tree));
        chmodSync(join(back, 'read-only'), 0o755);
      });

      test('of a tree that is there already carries nothing, and mends what has changed', async () => {
        const to = fresh();
        const first = await guest.files.copyTo(tree, to, everything);
        assert.equal(first.unchanged, 0);
        const second = await guest.files.copyTo(tree, to, everything);
        assert.deepEqual([second.unchanged, second.bytes], [first.files, first.bytes]);
        await shell('cd "$1" && chmod 700 deep && echo more >>large && rm d-rf/link', to);
        const third = await guest.files.copyTo(tree, to, everything);
        assert.equal(third.files - third.unchanged, 1);
        assert.equal(await digestThere(to), digestHere(tree));
      });

      test('of a large file goes on where it was interrupted', async () => {
        const path = freshHere();
        const bytes = randomBytes(large);
        writeFileSync(path, bytes);
        const to = fresh();
        const sent = await interruptedAt(large / 3, (limits) =>
          guest.files.copyTo(path, to, { ...limits, chunkSize }),
        );
        assert.equal(sent.summary.resumed, 1);
        assert.ok(sent.begunAt > large / 6, `began at ${sent.begunAt}`);
        const back = freshHere();
        const brought = await interruptedAt(large / 3, (limits) =>
          guest.files.copyFrom(to, back, { ...limits, chunkSize }),
        );
        assert.equal(brought.summary.resumed, 1);
        assert.ok(brought.begunAt > large / 6, `began at ${brought.begunAt}`);
        assert.ok(readFileSync(back).equals(bytes));
      });

      test('does not go on from what is not the same', async () => {
        const path = freshHere();
        writeFileSync(path, randomBytes(large));
        const to = fresh();
        const caller = new AbortController();
        await assert.rejects(
          guest.files.copyTo(path, to, {
            chunkSize,
            signal: caller.signal,
            onProgress: ({ bytes }) => bytes > large / 3 && caller.abort(),
          }),
          (error) => isGuestError(error, 'aborted'),
        );
        writeFileSync(path, randomBytes(large));
        const { resumed } = await guest.files.copyTo(path, to);
        assert.equal(resumed, 0);
        assert.ok((await guest.files.readFile(to)).equals(readFileSync(path)));
      });

      test('does not let a file take the place of a folder, nor a folder that of a file', async () => {
        const [local, to] = [freshHere(), fresh()];
        mkdirSync(join(local, 'x'), { recursive: true });
        await shell('mkdir "$1" && echo file >"$1/x"', to);
        await assert.rejects(guest.files.copyTo(local, to, everything), /x: a folder cannot replace/);
        await assert.rejects(guest.files.copyFrom(to, local, everything));
        assert.ok(lstatSync(join(local, 'x')).isDirectory());
        rmSync(join(local, 'x'), { recursive: true });
        writeFileSync(join(local, 'x'), 'file');
        await shell('rm "$1/x" && mkdir "$1/x"', to);
        await assert.rejects(guest.files.copyTo(local, to, everything), /x: there is a folder of that name/);
        await assert.rejects(guest.files.copyFrom(to, local, everything), /in the way/);
      });

      test('writes nothing through a link that an earlier copy has brought', async () => {
        const [from, local, outside] = [fresh(), freshHere(), freshHere()];
        mkdirSync(outside);
        await shell('mkdir "$1" && ln -s "$2" "$1/x"', from, outside);
        await guest.files.copyFrom(from, local, everything);
        assert.ok(lstatSync(join(local, 'x')).isSymbolicLink());
        await shell('rm "$1/x" && mkdir "$1/x" && echo evil >"$1/x/file"', from);
        await assert.rejects(guest.files.copyFrom(from, local, everything), /in the way/);
        assert.deepEqual(readdirSync(outside), []);
        await shell('rm -r "$1/x" && echo fine >"$1/x"', from);
        writeFileSync(join(outside, 'victim'), 'untouched');
        rmSync(join(local, 'x'));
        symlinkSync(join(outside, 'victim'), join(local, 'x'));
        await guest.files.copyFrom(from, local, everything);
        assert.equal(readFileSync(join(outside, 'victim'), 'utf8'), 'untouched');
        assert.equal(readFileSync(join(local, 'x'), 'utf8'), 'fine\n');
      });

      test('brings no permission by which a program gets another’s rights, and leaves out what is no file', async () => {
        const [from, local] = [fresh(), freshHere()];
        await shell('mkdir "$1" && cd "$1" && echo x >s && chmod 6755 s && mkfifo pipe', from);
        const { skipped, files } = await guest.files.copyFrom(from, local, everything);
        assert.deepEqual([files, skipped], [1, 1]);
        assert.deepEqual(readdirSync(local), ['s']);
        assert.equal(lstatSync(join(local, 's')).mode & 0o7777, 0o755);
      });

      /** Interrupts a copy three times, each time a bit later, and then lets it be. */
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

      /** Interrupts a copy of one file after so many bytes, and says where the second one began. */
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

    if (!options.mayFreeze) return;
    describe('a frozen guest', () => {
      test('answers what is allowed, and is thawed at the end', async () => {
        {
          await using frozen = await guest.freeze({ atMost: '60s' });
          assert.ok(frozen.filesystems > 0);
          assert.equal(await guest.call('guest-fsfreeze-status'), 'frozen');
          await assert.rejects(guest.call('guest-get-host-name'), (error) => isGuestError(error, 'disabled'));
          const { by, filesystems } = await frozen.thaw();
          assert.deepEqual([by, filesystems], ['us', frozen.filesystems]);
        }
        assert.equal(await guest.call('guest-fsfreeze-status'), 'thawed');
        await guest.files.writeFile(fresh(), 'written again');
      });

      test('is thawed when its time is over', async () => {
        const frozen = await guest.freeze({ atMost: '2s' });
        await new Promise((resolve) => frozen.signal.addEventListener('abort', resolve, { once: true }));
        assert.equal((await frozen.thaw()).by, 'time');
        assert.equal(await guest.call('guest-fsfreeze-status'), 'thawed');
      });

      test('that somebody else thaws says so', async () => {
        const frozen = await guest.freeze({ atMost: '60s' });
        await guest.call('guest-fsfreeze-thaw');
        await new Promise((resolve) => frozen.signal.addEventListener('abort', resolve, { once: true }));
        assert.equal((await frozen.thaw()).by, 'guest');
      });

      test('that is frozen already is not ours to thaw', async () => {
        await using _ = await guest.freeze({ atMost: '60s' });
        await assert.rejects(guest.freeze(), (error) => isGuestError(error, 'disabled'));
        assert.equal(await guest.call('guest-fsfreeze-status'), 'frozen');
      });
    });
  });
};
