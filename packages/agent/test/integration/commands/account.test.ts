import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { test } from 'node:test';
import { systemError } from '@guestwire/posix';
import { Base64Data } from '@guestwire/protocol';
import { accountModule } from '../../../src/commands/account.js';
import { type UserDatabase, userDatabase } from '../../../src/guest/account/user-database.js';
import { context } from '../../support/command-context.js';
import { type StandIns, standIns } from '../../support/stand-ins.js';

const EIO = 5;

const isRoot = process.getuid?.() === 0;
const needsRoot = isRoot ? false : 'files of another user: run the tests as root';

/** The user whose keys they are: somebody else if that can be, so that ownership shows. */
const alice = isRoot
  ? { uid: 4711, gid: 4712 }
  : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

function commandsOf(stand: StandIns, users?: UserDatabase, isFrozen = () => false) {
  const { handlers } = accountModule({ ...stand, helperTimeout: 60, isFrozen }, users);
  return {
    setPassword: async (username: string, password: string | Buffer, crypted = false) => {
      const data = Base64Data.fromText(Buffer.from(password).toString('base64'));
      return handlers['guest-set-user-password']({ username, password: data, crypted }, context);
    },
    get: async (username = 'alice') => {
      const { keys } = await handlers['guest-ssh-get-authorized-keys']({ username }, context);
      return keys;
    },
    add: async (keys: string[], reset?: boolean, username = 'alice') =>
      handlers['guest-ssh-add-authorized-keys'](
        { username, keys, ...(reset !== undefined && { reset }) },
        context,
      ),
    remove: async (keys: string[], username = 'alice') =>
      handlers['guest-ssh-remove-authorized-keys']({ username, keys }, context),
  };
}

function fails(work: Promise<unknown>, message: string) {
  return assert.rejects(work, { name: 'CommandError', message });
}

/** Writes down its arguments and what it reads. */
const CHPASSWD = 'echo "chpasswd $*" >> $CALLS; while IFS= read -r line; do echo "$line" >> $CALLS; done';

test('guest-set-user-password passes a line with name and password to chpasswd from PATH', async () => {
  using stand = standIns();
  stand.script('bin/chpasswd', CHPASSWD);
  await commandsOf(stand).setPassword('alice', 'pass:wörd ');
  assert.deepEqual(stand.calls(), ['chpasswd ', 'alice:pass:wörd ']);
});

test('guest-set-user-password passes -e for an encrypted password', async () => {
  using stand = standIns();
  stand.script('bin/chpasswd', CHPASSWD);
  await commandsOf(stand).setPassword('alice', '$6$salt$hash', true);
  assert.deepEqual(stand.calls(), ['chpasswd -e', 'alice:$6$salt$hash']);
});

test('guest-set-user-password ends the password at its first NUL, and accepts bytes that are not text', async () => {
  using stand = standIns();
  stand.script('bin/chpasswd', CHPASSWD);
  await commandsOf(stand).setPassword('alice', Buffer.from('abc\0\n'));
  await commandsOf(stand).setPassword('alice', Buffer.from('ff', 'hex'));
  const written = readFileSync(stand.folder.file('calls'), 'latin1');
  assert.equal(written, 'chpasswd \nalice:abc\nchpasswd \nalice:\xff\n');
});

test('guest-set-user-password rejects a separator in password or name, and runs nothing', async () => {
  using stand = standIns();
  stand.script('bin/chpasswd', CHPASSWD);
  const { setPassword } = commandsOf(stand);
  await fails(setPassword('alice', 'a\nroot:b'), 'forbidden characters in raw password');
  await fails(setPassword('a:b', 'a\nb'), 'forbidden characters in raw password');
  await fails(setPassword('a:b', 'x'), 'forbidden characters in username');
  await fails(setPassword('a\nb', 'x'), 'forbidden characters in username');
  const { handlers } = accountModule({ ...stand, helperTimeout: 60 });
  const bad = { username: 'a:b', password: Base64Data.fromText('?'), crypted: false };
  await assert.rejects(async () => handlers['guest-set-user-password'](bad, context), {
    name: 'Base64Error',
  });
  assert.deepEqual(stand.calls(), []);
});

test('guest-set-user-password reports the output of a failed chpasswd', async () => {
  using stand = standIns();
  stand.script('bin/chpasswd', 'echo "chpasswd: line 1: user \'x\' does not exist" >&2; exit 1');
  await fails(
    commandsOf(stand).setPassword('x', 'y'),
    "child process has failed to set user password: chpasswd: line 1: user 'x' does not exist\n",
  );
});

/** A guest with one user, `alice`, and her home folder. */
function guest(): StandIns {
  const stand = standIns();
  // Others must get through to what is theirs.
  chmodSync(stand.root, 0o755);
  stand.file(
    'etc/passwd',
    `root:x:0:0::/root:/bin/sh\nalice:x:${alice.uid}:${alice.gid}:A:/home/alice:/bin/sh\nlost:x:1:1::/nowhere:/bin/sh\n`,
  );
  mkdirSync(stand.folder.file('home/alice'), { recursive: true });
  giveToAlice(stand);
  return stand;
}

/** Gives the user her home folder with all that it contains. */
function giveToAlice(stand: StandIns): void {
  if (isRoot) execFileSync('chown', ['-hR', `${alice.uid}:${alice.gid}`, stand.folder.file('home/alice')]);
}

const FILE = '/home/alice/.ssh/authorized_keys';
function keysOf(stand: StandIns): string {
  return readFileSync(`${stand.root}${FILE}`, 'latin1');
}

/** A guest whose user has keys. */
function guestWithKeys(content: string | Buffer): StandIns {
  const stand = guest();
  stand.file(FILE.slice(1), content);
  giveToAlice(stand);
  return stand;
}

test('guest-ssh-get-authorized-keys returns keys in reverse order, without comments and white space', async () => {
  using stand = guestWithKeys('key 1\n# a comment\n\n \t key 2 c\r\n   # another\n\fkey 3');
  assert.deepEqual(await commandsOf(stand).get(), ['key 3', 'key 2 c', 'key 1']);
});

test('guest-ssh-get-authorized-keys returns an empty list for a file without keys', async () => {
  for (const content of ['', '\n', '# only\n']) {
    using stand = guestWithKeys(content);
    assert.deepEqual(await commandsOf(stand).get(), []);
  }
});

test('guest-ssh-get-authorized-keys reports a missing file with GLib’s text', async () => {
  using stand = guest();
  const missing = (path: string) =>
    `failed to read '${path}': Failed to open file “${path}”: No such file or directory`;
  await fails(commandsOf(stand).get(), missing(FILE));
  mkdirSync(stand.folder.file('home/alice/.ssh'));
  await fails(commandsOf(stand).get(), missing(FILE));
  await fails(commandsOf(stand).get('lost'), missing('/nowhere/.ssh/authorized_keys'));
  mkdirSync(`${stand.root}${FILE}`);
  giveToAlice(stand);
  await fails(
    commandsOf(stand).get(),
    `failed to read '${FILE}': Failed to read from file “${FILE}”: Is a directory`,
  );
});

test('the ssh commands reject an unknown user', async () => {
  using stand = guest();
  const commands = commandsOf(stand);
  for (const name of ['bob', '', 'ali', 'alice:x', 'alice\0']) {
    await fails(commands.get(name), `failed to lookup user '${name}': Success`);
    await fails(commands.add(['k'], false, name), `failed to lookup user '${name}': Success`);
    await fails(commands.remove(['k'], name), `failed to lookup user '${name}': Success`);
  }
  const broken: UserDatabase = {
    async find() {
      throw systemError(EIO, 'getpwnam_r');
    },
  };
  await fails(commandsOf(stand, broken).get(), "failed to lookup user 'alice': Input/output error");
});

test('the C library finds root, and no user with an odd name', async () => {
  const users = userDatabase('');
  const root = await users.find('root');
  assert.equal(root?.uid, 0);
  assert.equal(root?.gid, 0);
  assert.match(root?.home ?? '', /^\//);
  for (const name of ['', 'no-such-user', 'root\0', 'root:x', 'x'.repeat(10_000)]) {
    assert.equal(await users.find(name), undefined);
  }
});

test('the ssh commands reject a comment or several lines as a key before they read files', async () => {
  using stand = guestWithKeys('old\n');
  const commands = commandsOf(stand);
  for (const key of ['# no', '#', 'a\nb', '\n']) {
    await fails(commands.add(['fine', key], true), `invalid OpenSSH public key: '${key}'`);
    await fails(commands.remove(['old', key]), `invalid OpenSSH public key: '${key}'`);
    await fails(commands.add([key], false, 'nobody-there'), `invalid OpenSSH public key: '${key}'`);
  }
  assert.equal(keysOf(stand), 'old\n');
});

test('guest-ssh-add-authorized-keys appends a key; a final newline leaves an empty line', async () => {
  using stand = guestWithKeys('one\n# note\n');
  await commandsOf(stand).add(['two']);
  assert.equal(keysOf(stand), 'one\n# note\n\ntwo');
  await commandsOf(stand).add(['three', 'two', 'three']);
  assert.equal(keysOf(stand), 'one\n# note\n\ntwo\nthree');
});

test('guest-ssh-add-authorized-keys keeps lines that are not UTF-8', async () => {
  using stand = guestWithKeys(Buffer.from('key J\xfcrgen', 'latin1'));
  await commandsOf(stand).add(['key Jürgen']);
  assert.equal(keysOf(stand), 'key J\xfcrgen\nkey J\xc3\xbcrgen');
  assert.deepEqual(await commandsOf(stand).get(), ['key Jürgen', 'key J\ufffdrgen']);
  await commandsOf(stand).remove(['key Jürgen']);
  assert.equal(keysOf(stand), 'key J\xfcrgen');
});

test('guest-ssh-add-authorized-keys keeps and returns text after a NUL', async () => {
  using stand = guestWithKeys('one\ntw\0o\nthree\n');
  assert.deepEqual(await commandsOf(stand).get(), ['three', 'tw\0o', 'one']);
  await commandsOf(stand).add(['four']);
  assert.equal(keysOf(stand), 'one\ntw\0o\nthree\n\nfour');
  await commandsOf(stand).remove(['one']);
  assert.equal(keysOf(stand), 'tw\0o\nthree\n\nfour');
});

test('guest-ssh-add-authorized-keys with reset drops all keys', async () => {
  using stand = guestWithKeys('one\ntwo\n');
  await commandsOf(stand).add(['two', 'three'], true);
  assert.equal(keysOf(stand), 'two\nthree');
  await commandsOf(stand).add([], true);
  assert.equal(keysOf(stand), '');
});

test('guest-ssh-remove-authorized-keys drops every line that equals a key', async () => {
  using stand = guestWithKeys('one\ntwo\none\n# one\n one\n');
  await commandsOf(stand).remove(['one', 'missing']);
  assert.equal(keysOf(stand), 'two\n# one\n one\n');
});

test('guest-ssh-remove-authorized-keys does nothing without a file', async () => {
  using stand = guest();
  await commandsOf(stand).remove(['one']);
  await commandsOf(stand).remove(['one'], 'lost');
  assert.deepEqual(readdirSync(stand.folder.file('home/alice')), []);
});

function ownership(path: string) {
  const { mode, uid, gid } = statSync(path);
  return { mode: mode & 0o7777, uid, gid };
}

test('guest-ssh-add-authorized-keys creates folder and file with modes and owner, and nothing else', async () => {
  using stand = guest();
  const mask = process.umask(0o077);
  try {
    await commandsOf(stand).add(['one']);
  } finally {
    process.umask(mask);
  }
  assert.deepEqual(ownership(stand.folder.file('home/alice/.ssh')), { mode: 0o700, ...alice });
  assert.deepEqual(ownership(`${stand.root}${FILE}`), { mode: 0o600, ...alice });
  assert.deepEqual(readdirSync(stand.folder.file('home/alice/.ssh')), ['authorized_keys']);
});

test('guest-ssh-add-authorized-keys sets mode and owner of a replaced file; the folder keeps its own', async () => {
  using stand = guestWithKeys('one');
  chmodSync(`${stand.root}${FILE}`, 0o666);
  chmodSync(stand.folder.file('home/alice/.ssh'), 0o755);
  await commandsOf(stand).remove([]);
  assert.deepEqual(ownership(`${stand.root}${FILE}`), { mode: 0o600, ...alice });
  assert.equal(ownership(stand.folder.file('home/alice/.ssh')).mode, 0o755);
});

test('the ssh commands reject a user without a home folder', async () => {
  using stand = guest();
  await fails(
    commandsOf(stand).add(['k'], false, 'lost'),
    "failed to create directory '/nowhere/.ssh': No such file or directory",
  );
  writeFileSync(stand.folder.file('home/alice/.ssh'), 'a file');
  await fails(commandsOf(stand).add(['k']), "failed to create directory '/home/alice/.ssh': File exists");
});

test('guest-ssh-add-authorized-keys creates no file after a freeze', async () => {
  using stand = guest();
  const commands = commandsOf(stand, undefined, () => true);
  await fails(commands.add(['k'], true), `failed to write to '${FILE}': filesystems are frozen`);
  assert.equal(existsSync(stand.folder.file('home/alice/.ssh')), false);
});

test('guest-ssh-add-authorized-keys neither renames nor removes its file after a freeze', async () => {
  using stand = guestWithKeys('one');
  const answers = [false, true];
  const commands = commandsOf(stand, undefined, () => answers.shift() ?? true);
  await fails(commands.add(['two'], true), `failed to write to '${FILE}': filesystems are frozen`);
  assert.equal(keysOf(stand), 'one');
  assert.equal(readdirSync(stand.folder.file('home/alice/.ssh')).length, 2);
});

test('guest-ssh-add-authorized-keys changes nothing without the permission to become the user', {
  skip: needsRoot,
}, async () => {
  using stand = guestWithKeys('one');
  const commands = commandsOf(stand);
  process.seteuid?.(65534);
  try {
    await fails(
      commands.add(['two'], true),
      `failed to set ownership of directory '${FILE}': Operation not permitted`,
    );
  } finally {
    process.seteuid?.(0);
  }
  assert.equal(keysOf(stand), 'one');
  assert.deepEqual(readdirSync(stand.folder.file('home/alice/.ssh')), ['authorized_keys']);
});

const LINK = 'Too many levels of symbolic links';

test('the ssh commands do not follow a link in place of the folder', async () => {
  using stand = guest();
  mkdirSync(stand.folder.file('root/.ssh'), { recursive: true });
  const elsewhere = stand.folder.file('root/.ssh/authorized_keys');
  writeFileSync(elsewhere, 'root’s own');
  symlinkSync(stand.folder.file('root/.ssh'), stand.folder.file('home/alice/.ssh'));
  const commands = commandsOf(stand);
  const unread = `failed to read '${FILE}': Failed to open file “${FILE}”: ${LINK}`;
  await fails(commands.get(), unread);
  await fails(commands.add(['evil']), unread);
  await fails(commands.remove(['root’s own']), unread);
  await fails(commands.add(['evil'], true), `failed to create directory '/home/alice/.ssh': ${LINK}`);
  assert.equal(readFileSync(elsewhere, 'utf8'), 'root’s own');
  assert.deepEqual(readdirSync(stand.folder.file('root/.ssh')), ['authorized_keys']);
});

test('the ssh commands do not follow a link in place of the file', async () => {
  using stand = guest();
  stand.file('etc/shadow', 'root:secret');
  mkdirSync(stand.folder.file('home/alice/.ssh'));
  symlinkSync(stand.folder.file('etc/shadow'), `${stand.root}${FILE}`);
  giveToAlice(stand);
  const commands = commandsOf(stand);
  const unread = `failed to read '${FILE}': Failed to open file “${FILE}”: ${LINK}`;
  await fails(commands.get(), unread);
  await fails(commands.add(['k']), unread);
  await fails(commands.remove(['k']), unread);
  // Nothing need be read: the link itself is replaced.
  await commands.add(['k'], true);
  assert.equal(readFileSync(stand.folder.file('etc/shadow'), 'utf8'), 'root:secret');
  assert.ok(lstatSync(`${stand.root}${FILE}`).isFile());
  assert.equal(keysOf(stand), 'k');
});

/** Puts a file of root, of mode 0600, into the user's folder. */
function withRootFile(place: (path: string, target: string) => void): StandIns {
  const stand = guestWithKeys('k');
  stand.file('etc/shadow', 'root:secret');
  chmodSync(stand.folder.file('etc/shadow'), 0o600);
  rmSync(`${stand.root}${FILE}`);
  place(stand.folder.file('etc/shadow'), `${stand.root}${FILE}`);
  return stand;
}

for (const [name, place] of [
  ['a file of root that the user has moved into her folder', renameSync],
  ['a hard link to a file of root', linkSync],
] as const) {
  test(`the ssh commands reject ${name}`, { skip: needsRoot }, async () => {
    using stand = withRootFile(place);
    const commands = commandsOf(stand);
    const unread = `failed to read '${FILE}': Failed to open file “${FILE}”: Permission denied`;
    await fails(commands.get(), unread);
    await fails(commands.add(['k']), unread);
    await fails(commands.remove(['k']), unread);
    assert.deepEqual(ownership(`${stand.root}${FILE}`), { mode: 0o600, uid: 0, gid: 0 });
    // That she may read it does not make it hers.
    chmodSync(`${stand.root}${FILE}`, 0o644);
    await fails(commands.add(['k']), unread.replace('Permission denied', 'Operation not permitted'));
    // With reset nothing is read, and the name is replaced.
    await commands.add(['k'], true);
    assert.equal(keysOf(stand), 'k');
  });
}

test('guest-ssh-add-authorized-keys rejects a folder of another user, and leaves it to its owner', {
  skip: needsRoot,
}, async () => {
  using stand = guest();
  const folder = stand.folder.file('home/alice/.ssh');
  mkdirSync(folder);
  const commands = commandsOf(stand);
  for (const mode of [0o700, 0o755, 0o777]) {
    chmodSync(folder, mode);
    const reason = mode === 0o700 ? 'Permission denied' : 'Operation not permitted';
    await fails(commands.add(['k'], true), `failed to create directory '/home/alice/.ssh': ${reason}`);
    assert.deepEqual(ownership(folder), { mode, uid: 0, gid: 0 });
  }
  assert.deepEqual(readdirSync(folder), []);
});

test('guest-ssh-add-authorized-keys rejects a home folder that the user may not write', {
  skip: needsRoot,
}, async () => {
  using stand = guest();
  execFileSync('chown', ['0:0', stand.folder.file('home/alice')]);
  await fails(
    commandsOf(stand).add(['k']),
    "failed to create directory '/home/alice/.ssh': Permission denied",
  );
  assert.deepEqual(readdirSync(stand.folder.file('home/alice')), []);
});

test('the ssh commands reject a FIFO or an endless file immediately', async () => {
  using stand = guest();
  mkdirSync(stand.folder.file('home/alice/.ssh'));
  execFileSync('mkfifo', [`${stand.root}${FILE}`]);
  giveToAlice(stand);
  await fails(
    commandsOf(stand).get(),
    `failed to read '${FILE}': Failed to open file “${FILE}”: Invalid argument`,
  );
  await commandsOf(stand).add(['k'], true);
  execFileSync('truncate', ['-s', '1T', `${stand.root}${FILE}`]);
  await fails(
    commandsOf(stand).get(),
    `failed to read '${FILE}': Failed to open file “${FILE}”: File too large`,
  );
  assert.ok(existsSync(`${stand.root}${FILE}`));
});
