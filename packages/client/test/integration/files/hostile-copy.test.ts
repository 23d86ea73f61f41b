import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { type Guest, isGuestError, openGuest } from '@guestwire/client';
import { fakeGuest } from '@guestwire/testing';
import { runningGuest, type Tamper } from '../../support/running-guest.js';

const top = mkdtempSync(join(tmpdir(), 'guestwire-hostile-'));
after(() => rmSync(top, { recursive: true }));
let count = 0;
function fresh(): string {
  return join(top, String(count++));
}

async function guestWith(tamper: Tamper): Promise<Guest> {
  return await openGuest(fakeGuest(runningGuest(tamper)).host);
}

/** An entry of a listing: its name, the output of `stat`, and the target of a link. */
interface ListedEntry {
  readonly name: string;
  readonly stat?: string;
  readonly target?: string;
}

const REGULAR = '81a4 5';
const FOLDER = '41ed 4096';
const LINK = 'a1ff 9';

/** Returns the listing of a folder with these entries. */
function listing(entries: readonly ListedEntry[]): Buffer {
  return Buffer.from(
    [
      '41ed 4096\n\0',
      ...entries.map(({ name }) => `${name}\0`),
      '\0',
      ...entries.map(({ name, stat = REGULAR }) => `${stat} ${name}\n`),
      '\0',
      ...entries.flatMap(({ name, target }) => (target === undefined ? [] : [`${name}\0=${target}\0`])),
      '\0',
      'end\0',
    ].join(''),
    'latin1',
  );
}

function isListing(script: string): boolean {
  return script.includes('find .');
}

/** Starts a copy of a folder from a guest that returns this listing. */
async function copyWithListing(listed: Buffer): Promise<{ to: string; copying: Promise<unknown> }> {
  const [from, to] = [fresh(), join(fresh(), 'inner')];
  mkdirSync(from);
  mkdirSync(join(to, '..'));
  const guest = await guestWith((output, script) => (isListing(script) ? listed : output));
  return { to, copying: guest.files.copyFrom(from, to, { recursive: true }) };
}

describe('copyFrom with an untrusted list of files', () => {
  const malformed: readonly [title: string, listed: Buffer][] = [
    ['a name outside the folder', listing([{ name: './../evil' }])],
    ['a name outside a subfolder', listing([{ name: './a', stat: FOLDER }, { name: './a/../../evil' }])],
    ['an absolute name', listing([{ name: '/tmp/evil' }])],
    ['the folder itself', listing([{ name: './.' }])],
    ['an empty part of a name', listing([{ name: './a', stat: FOLDER }, { name: './a//b' }])],
    ['a name that is too long', listing([{ name: `./${'x/'.repeat(3000)}x` }])],
    ['a name twice', listing([{ name: './a' }, { name: './a' }])],
    ['a file and a folder of one name', listing([{ name: './a' }, { name: './a', stat: FOLDER }])],
    ['a file within a link', listing([{ name: './a', stat: LINK, target: '/etc' }, { name: './a/passwd' }])],
    ['a file within a file', listing([{ name: './a' }, { name: './a/b' }])],
    ['a file in a folder that is not listed', listing([{ name: './a/b' }])],
    ['a negative size', listing([{ name: './a', stat: '81a4 -5' }])],
    ['a size out of range', listing([{ name: './a', stat: '81a4 9999999999999999' }])],
    ['a file that it does not name', listing([{ name: './a', stat: '81a4 5 ./b\n81a4 5' }])],
    ['no entries and no end', Buffer.alloc(0)],
    ['only its first half', listing([{ name: './a' }]).subarray(0, 20)],
    ['no end mark', listing([{ name: './a' }]).subarray(0, -4)],
  ];
  for (const [title, listed] of malformed) {
    test(`copies nothing if the list has ${title}`, async () => {
      const { to, copying } = await copyWithListing(listed);
      await assert.rejects(copying, (error) => isGuestError(error, 'protocol'));
      assert.ok(!existsSync(to));
      assert.deepEqual(readdirSync(join(to, '..')), []);
    });
  }

  test('rejects a list that is too long', async () => {
    const { copying } = await copyWithListing(Buffer.alloc(15 * 2 ** 20, 'x'));
    await assert.rejects(copying, /copy it in parts/);
  });

  test('never follows a link from the guest', async () => {
    const [from, to, outside] = [fresh(), fresh(), fresh()];
    mkdirSync(from);
    mkdirSync(outside);
    writeFileSync(join(from, 'b'), 'in b!');
    const listed = listing([{ name: './a', stat: LINK, target: outside }, { name: './b' }]);
    const guest = await guestWith((output, script) => (isListing(script) ? listed : output));
    const { links } = await guest.files.copyFrom(from, to, { recursive: true });
    assert.equal(links, 1);
    // Now the guest lists the link as a folder.
    writeFileSync(join(from, 'a'), 'in a!');
    const changed = listing([{ name: './a', stat: FOLDER }, { name: './a/b' }]);
    const hostile = await guestWith((output, script) => (isListing(script) ? changed : output));
    await assert.rejects(hostile.files.copyFrom(from, to, { recursive: true }), /another file has this name/);
    assert.deepEqual(readdirSync(outside), []);
  });
});

describe('a copy with an untrusted guest', () => {
  const from = join(top, 'from');
  mkdirSync(from);
  writeFileSync(join(from, 'small'), 'small');
  writeFileSync(join(from, 'large'), Buffer.alloc(600_000, 'large'));

  const wrongHash: Tamper = (output, script) =>
    script.includes('sha256sum') && !script.includes('for program')
      ? Buffer.from(output.toString('latin1').replaceAll(/^[0-9a-f]{64}/gm, '0'.repeat(64)), 'latin1')
      : output;

  for (const name of ['small', 'large']) {
    test(`copyFrom rejects a ${name} file with another SHA-256`, async () => {
      const guest = await guestWith(wrongHash);
      const to = fresh();
      await assert.rejects(guest.files.copyFrom(join(from, name), to), (error) =>
        isGuestError(error, 'protocol'),
      );
      assert.ok(!existsSync(to));
    });

    test(`copyTo rejects a ${name} file with another SHA-256`, async () => {
      const guest = await guestWith(wrongHash);
      const to = fresh();
      await assert.rejects(guest.files.copyTo(join(from, name), to), (error) =>
        isGuestError(error, 'protocol'),
      );
      assert.ok(!existsSync(to));
    });

    test(`with verify false accepts a ${name} file with another SHA-256`, async () => {
      const guest = await guestWith(wrongHash);
      const [there, here] = [fresh(), fresh()];
      assert.equal((await guest.files.copyTo(join(from, name), there, { verify: false })).verified, false);
      await guest.files.copyFrom(join(from, name), here, { verify: false });
      assert.deepEqual(readFileSync(there), readFileSync(join(from, name)));
      assert.deepEqual(readFileSync(here), readFileSync(join(from, name)));
    });
  }

  test('finds the differing part of a file that is verified in parts', async () => {
    const miB = 2 ** 20;
    const huge = join(top, 'huge');
    writeFileSync(huge, '');
    truncateSync(huge, 130 * miB);
    let parts = 0;
    const isPart = (script: string): boolean => script.includes('openssl');
    const counting = await guestWith((output, script) => {
      if (isPart(script)) parts++;
      return output;
    });
    const to = fresh();
    const { bytes, verified } = await counting.files.copyTo(huge, to);
    assert.deepEqual([bytes, verified, parts], [130 * miB, true, 3]);
    assert.equal(statSync(to).size, 130 * miB);

    let part = 0;
    const hostile = await guestWith((output, script) =>
      isPart(script) && ++part === 2 ? Buffer.from(`${'0'.repeat(64)} *stdin\n`) : output,
    );
    const other = fresh();
    await assert.rejects(hostile.files.copyTo(huge, other), (error) => isGuestError(error, 'protocol'));
    assert.ok(!existsSync(other));
  });

  test('copyFrom reads small files one by one if their total size differs from the list', async () => {
    const guest = await guestWith((output, script) =>
      script.includes('xargs -0 cat') ? Buffer.concat([output, Buffer.alloc(1000)]) : output,
    );
    const to = fresh();
    await guest.files.copyFrom(join(from, 'small'), to);
    assert.equal(readFileSync(to, 'utf8'), 'small');
  });

  test('rejects a guest without sha256sum unless verify is false', async () => {
    const none: Tamper = (output, script) => (script.includes('for program') ? Buffer.from('tar\n') : output);
    const guest = await guestWith(none);
    const to = fresh();
    await assert.rejects(guest.files.copyTo(join(from, 'small'), to), /no sha256sum/);
    await assert.rejects(guest.files.copyFrom(join(from, 'small'), fresh()), /no sha256sum/);
    await guest.files.copyTo(join(from, 'small'), to, { verify: false });
    assert.equal(readFileSync(to, 'utf8'), 'small');
  });

  test('copyTo sends files one by one to a guest without tar', async () => {
    const guest = await guestWith((output, script) =>
      script.includes('for program') ? Buffer.from('sha256sum\n') : output,
    );
    const to = fresh();
    const { files } = await guest.files.copyTo(from, to, { recursive: true });
    assert.equal(files, 2);
    assert.deepEqual(readFileSync(join(to, 'large')), readFileSync(join(from, 'large')));
    assert.deepEqual(readdirSync(to).sort(), ['large', 'small']);
  });
});
