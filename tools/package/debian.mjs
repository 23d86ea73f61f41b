import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { projectFolder, version } from './project.mjs';
import { PackagingError, run } from './run.mjs';

/** The installed files: the path in the guest, the source, and options. */
const FILES = [
  ['usr/lib/systemd/system/guestd.service', 'packaging/systemd/guestd.service'],
  ['usr/lib/systemd/system/guestd-thaw.service', 'packaging/systemd/guestd-thaw.service'],
  ['usr/lib/udev/rules.d/60-guestd.rules', 'packaging/udev/60-guestd.rules'],
  ['etc/init.d/guestd', 'packaging/init.d/guestd', { executable: true }],
  ['usr/share/guestd/fsfreeze-hook', 'packaging/hook/fsfreeze-hook', { executable: true }],
  ['usr/share/guestd/qemu-ga.conf', 'packaging/config/qemu-ga.conf'],
  ['usr/share/guestd/hardened.conf', 'packaging/systemd/hardened.conf'],
  ...['audit', 'file-read', 'file-write', 'filesystem', 'unrestricted'].map((preset) => [
    `usr/share/guestd/preset-${preset}.conf`,
    `packaging/systemd/preset-${preset}.conf`,
  ]),
  ...['apparmor/usr.sbin.guestd', 'selinux/guestd.te', 'selinux/guestd.fc'].map((path) => [
    `usr/share/guestd/${path}`,
    `packaging/${path}`,
  ]),
  ['usr/share/guestd/sysconfig.conf', 'packaging/systemd/sysconfig.conf'],
  ['usr/share/doc/guestd/examples/database.sh.sample', 'packaging/hook/database.sh.sample'],
  ['usr/share/doc/guestd/changelog.gz', 'CHANGELOG.md', { compressed: true }],
  ['usr/share/doc/guestd/packaging.md.gz', 'docs/packaging.md', { compressed: true }],
  ['usr/share/bash-completion/completions/guestd', 'packaging/completion/guestd.bash'],
  ['usr/share/zsh/vendor-completions/_guestd', 'packaging/completion/guestd.zsh'],
  ['usr/share/fish/vendor_completions.d/guestd.fish', 'packaging/completion/guestd.fish'],
];

/** The names of the C agent's files, so that existing scripts and units keep working. */
const LINKS = [
  ['usr/sbin/qemu-ga', 'guestd'],
  ['usr/lib/systemd/system/qemu-guest-agent.service', 'guestd.service'],
  ['usr/share/man/man8/qemu-ga.8.gz', 'guestd.8.gz'],
];

/** Empty folders, for the hooks of the administrator. */
const FOLDERS = ['etc/qemu/fsfreeze-hook.d'];

/** The files that an administrator may change. postinst creates the hook and the configuration. */
const CONFFILES = ['/etc/init.d/guestd'];

const SCRIPTS = ['preinst', 'postinst', 'prerm', 'postrm'];

/**
 * Makes the Debian package around an executable.
 *
 * @param options.addon the native addon of the executable
 * @param options.node the Node program in the executable; its licence is searched beside it
 * @param options.file the path of the package
 * @param options.date the time of all files, in seconds since the epoch
 */
export function makeDebianPackage({ executable, addon, node, file, work, date, say }) {
  const tree = join(work, 'deb');
  install(tree, { executable, addon, node });
  control(tree);
  settle(tree, date);
  // zstd, which Debian 12 and later support: xz takes many times longer to unpack in emulated guests.
  const options = ['--build', '--root-owner-group', '-Zzstd', '-z9'];
  const unfinished = join(work, 'guestd.deb');
  run('dpkg-deb', [...options, tree, unfinished], {
    debianPackage: 'dpkg',
    env: { SOURCE_DATE_EPOCH: String(date) },
  });
  renameSync(unfinished, file);
  say(`package: ${file}, ${(statSync(file).size / 1e6).toFixed(1)} MB`);
}

function install(tree, { executable, addon, node }) {
  const put = (path, content, executable = false) => {
    const target = join(tree, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, content);
    chmodSync(target, executable ? 0o755 : 0o644);
  };
  const read = (path) => readFileSync(join(projectFolder, path));

  mkdirSync(join(tree, 'usr/sbin'), { recursive: true });
  copyFileSync(executable, join(tree, 'usr/sbin/guestd'));
  // Loaded from here, since a folder for temporary files may not allow execution.
  put('usr/lib/guestd/koffi.node', readFileSync(addon));
  for (const [path, source, { executable, compressed } = {}] of FILES) {
    put(path, compressed ? compress(read(source)) : read(source), executable);
  }
  for (const page of readdirSync(join(projectFolder, 'packaging/man'))) {
    const section = /^guestd.*\.([1-8])$/.exec(page)?.[1];
    if (section === undefined) continue;
    put(`usr/share/man/man${section}/${page}.gz`, compress(read(join('packaging/man', page))));
  }
  put('usr/share/doc/guestd/copyright', copyright());
  put('usr/share/doc/guestd/LICENSE.node.gz', compress(readFileSync(licenceOf(node))));
  for (const [path, target] of LINKS) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    symlinkSync(target, join(tree, path));
  }
  for (const path of FOLDERS) mkdirSync(join(tree, path), { recursive: true });
}

function control(tree) {
  const folder = join(tree, 'DEBIAN');
  const read = (name) => readFileSync(join(projectFolder, 'packaging/debian', name), 'utf8');
  const files = [...walk(tree)].filter((path) => lstatSync(join(tree, path)).isFile());
  const digest = (path) =>
    createHash('md5')
      .update(readFileSync(join(tree, path)))
      .digest('hex');
  const bytes = files.reduce((sum, path) => sum + Math.ceil(statSync(join(tree, path)).size / 1024), 0);
  mkdirSync(folder);
  const put = (name, content, mode = 0o644) => {
    writeFileSync(join(folder, name), content);
    chmodSync(join(folder, name), mode);
  };
  put('control', read('control').replace('@VERSION@', version).replace('@INSTALLED_SIZE@', String(bytes)));
  put('conffiles', CONFFILES.map((path) => `${path}\n`).join(''));
  put(
    'md5sums',
    files
      .filter((path) => !CONFFILES.includes(`/${path}`))
      .map((path) => `${digest(path)}  ${path}\n`)
      .join(''),
  );
  put('triggers', read('triggers'));
  for (const name of SCRIPTS) put(name, read(name), 0o755);
}

/** Sets the time of all files, and the mode of all folders independently of the umask. */
function settle(tree, date) {
  for (const path of [...walk(tree)].reverse().concat('.')) {
    const target = join(tree, path);
    const stats = lstatSync(target);
    if (stats.isDirectory()) chmodSync(target, 0o755);
    if (!stats.isSymbolicLink()) utimesSync(target, date, date);
  }
}

/** Yields all paths below a folder in a fixed order, a folder before its contents. */
function* walk(folder, prefix = '') {
  const entries = readdirSync(join(folder, prefix), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(prefix, entry.name);
    yield path;
    if (entry.isDirectory()) yield* walk(folder, path);
  }
}

const compress = (content) => gzipSync(content, { level: 9 });

function copyright() {
  const text = readFileSync(join(projectFolder, 'packaging/debian/copyright'), 'utf8');
  const koffi = readFileSync(join(projectFolder, 'node_modules/koffi/LICENSE.txt'), 'utf8').trim();
  const indented = koffi.split('\n').map((line) => (line.trim() === '' ? ' .' : ` ${line.trimEnd()}`));
  return text.replace('@KOFFI_LICENSE@', indented.join('\n'));
}

/** Returns the path of Node's licence, which includes those of its libraries: beside the program or in Debian's folder. */
function licenceOf(node) {
  const places = [join(dirname(node), '../LICENSE'), join(dirname(node), '../share/doc/nodejs/LICENSE')];
  const found = places.find((path) => existsSync(path));
  if (found === undefined) {
    throw new PackagingError(
      `no licence of ${node} at ${places.join(' or ')}; copy it there, since the package must contain it`,
    );
  }
  return found;
}
