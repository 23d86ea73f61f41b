import assert from 'node:assert/strict';
import { chmodSync, lchownSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { checkAccess } from '../../../src/freeze/hook-access.js';
import { fakeGuestRoot } from '../../support/fake-guest-root.js';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder.js';

const NOBODY = 65_534;

const skip = process.getuid?.() === 0 ? false : 'files of another user need root';

/** Makes an executable file in a folder of mode 0755. */
function hookIn(folder: TemporaryFolder, name = 'above/hook'): string {
  const path = folder.file(name);
  mkdirSync(dirname(path), { recursive: true });
  chmodSync(dirname(path), 0o755);
  writeFileSync(path, '#!/bin/sh\n');
  chmodSync(path, 0o755);
  return path;
}

function owner(path: string): string {
  const { uid, gid } = statSync(path);
  return `${uid}:${gid}`;
}

function refuses(hook: string, reason: string) {
  return assert.rejects(checkAccess(hook), {
    name: 'OperationError',
    message: `fsfreeze hook ${hook} is refused: ${reason}`,
  });
}

test('checkAccess accepts a hook that only its owner can write to, below the sticky /tmp', async () => {
  using folder = temporaryFolder();
  const hook = hookIn(folder);
  const { path, stats } = await checkAccess(hook);
  assert.deepEqual([path, stats.mode & 0o777], [hook, 0o755]);
});

for (const mode of [0o775, 0o757, 0o777, 0o722]) {
  test(`checkAccess refuses a hook of mode ${mode.toString(8)}, and says what to run`, async () => {
    using folder = temporaryFolder();
    const hook = hookIn(folder);
    chmodSync(hook, mode);
    const octal = mode.toString(8).padStart(4, '0');
    const remedy = `run: chmod go-w ${hook}`;
    await refuses(hook, `${hook} is writable by others (mode ${octal}, owner ${owner(hook)}); ${remedy}`);
    chmodSync(hook, mode & ~0o022);
    await checkAccess(hook);
  });
}

test('checkAccess refuses a hook in a folder above which others can write', async () => {
  using folder = temporaryFolder();
  const hook = hookIn(folder, "it's above/below/hook");
  const above = folder.file("it's above");
  chmodSync(above, 0o777);
  const remedy = `run: chmod go-w '${above.replace("'", "'\\''")}'`;
  await refuses(hook, `${above} is writable by others (mode 0777, owner ${owner(above)}); ${remedy}`);
  chmodSync(above, 0o1777);
  await checkAccess(hook);
});

test('checkAccess refuses a folder of hooks that others can write to, even if it is sticky', async () => {
  using folder = temporaryFolder();
  const hooks = dirname(hookIn(folder));
  chmodSync(hooks, 0o1777);
  await refuses(
    hooks,
    `${hooks} is writable by others (mode 1777, owner ${owner(hooks)}); run: chmod go-w ${hooks}`,
  );
});

test('checkAccess follows links, and checks the folders of both paths', async () => {
  using folder = temporaryFolder();
  const hook = hookIn(folder, 'target/hook');
  mkdirSync(folder.file('links'));
  chmodSync(folder.file('links'), 0o755);
  symlinkSync('../target', folder.file('links/relative'));
  const linked = folder.file('links/relative/hook');
  assert.equal((await checkAccess(linked)).path, hook);
  assert.equal((await checkAccess(`${folder.path}//links/./../links/relative/../target/hook`)).path, hook);
  for (const name of ['links', 'target']) {
    const path = folder.file(name);
    chmodSync(path, 0o777);
    await refuses(
      linked,
      `${path} is writable by others (mode 0777, owner ${owner(path)}); run: chmod go-w ${path}`,
    );
    chmodSync(path, 0o755);
  }
});

test('checkAccess rejects a loop of links as the kernel does', async () => {
  using folder = temporaryFolder();
  symlinkSync('b', folder.file('a'));
  symlinkSync('a', folder.file('b'));
  await assert.rejects(checkAccess(folder.file('a')), { code: 'ELOOP' });
});

test('checkAccess refuses a hook, a folder and a link of another user', { skip }, async () => {
  using folder = temporaryFolder();
  const hook = hookIn(folder);
  const above = dirname(hook);
  symlinkSync(hook, folder.file('link'));
  const cases = [
    { path: hook, through: hook, mode: '0755' },
    { path: above, through: hook, mode: '0755' },
    { path: folder.file('link'), through: folder.file('link'), mode: '0777' },
  ];
  for (const { path, through, mode } of cases) {
    lchownSync(path, NOBODY, NOBODY);
    const detail = `(mode ${mode}, owner ${NOBODY}:${NOBODY})`;
    await refuses(through, `${path} does not belong to root ${detail}; run: chown -h root ${path}`);
    lchownSync(path, 0, 0);
  }
  await checkAccess(folder.file('link'));
});

test('a freeze with a hook that others can write to freezes and runs nothing', async () => {
  using guest = fakeGuestRoot('/');
  const good = hookIn(guest.folder, 'hooks/1');
  const bad = hookIn(guest.folder, 'hooks/2');
  const ran = guest.folder.file('ran');
  writeFileSync(good, `#!/bin/sh\n: > ${ran}\n`);
  chmodSync(bad, 0o777);
  using freeze = await guest.start({ fsfreezeHookDir: dirname(bad) });
  await assert.rejects(freeze.freeze(), {
    message: `fsfreeze hook ${bad} is refused: ${bad} is writable by others (mode 0777, owner ${owner(bad)}); run: chmod go-w ${bad}`,
  });
  assert.deepEqual([freeze.status, guest.frozen.size], ['thawed', 0]);
  assert.throws(() => statSync(ran), { code: 'ENOENT' });
});

for (const name of ['fsfreeze-hook.d', 'fsfreeze-hook.d/10']) {
  test(`a freeze refuses ${name} beside its hook, a possible dispatcher, if others can write to it`, async () => {
    using guest = fakeGuestRoot('/');
    const fsfreezeHook = hookIn(guest.folder, 'etc/fsfreeze-hook');
    hookIn(guest.folder, 'etc/fsfreeze-hook.d/10');
    using freeze = await guest.start({ fsfreezeHook, env: process.env });
    assert.equal(await freeze.freeze(), 1);
    await freeze.thaw();
    const bad = guest.folder.file(`etc/${name}`);
    chmodSync(bad, 0o777);
    await assert.rejects(freeze.freeze(), { message: /is writable by others .*; run: chmod go-w / });
    chmodSync(bad, 0o755);
    assert.equal(await freeze.freeze(), 1);
    await freeze.thaw();
  });
}
