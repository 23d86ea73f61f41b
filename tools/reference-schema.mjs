// Finds or downloads QEMU's schemas, which the compiler must accept.
//
//   node tools/reference-schema.mjs
//
// Prints one line of JSON, {"agent": PATH, "machine": PATH}: the schemas of the guest agent and of QMP; or prints what is
// missing, and exits with status 1.
//
// GUESTWIRE_QEMU_SOURCE names an unpacked source tree to use. The default is Debian 13's source package of QEMU, which is
// downloaded once to a folder below $XDG_CACHE_HOME/guestwire (~/.cache/guestwire).
// The schemas belong to QEMU and must not become part of this project.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { moveIntoPlace } from './move-into-place.mjs';

const suite = 'trixie';
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
const aptGet = '/usr/bin/apt-get';
const xz = '/usr/bin/xz';

class Missing extends Error {}

const schemasIn = (tree) => {
  const found = { agent: join(tree, 'qga/qapi-schema.json'), machine: join(tree, 'qapi/qapi-schema.json') };
  for (const path of Object.values(found)) {
    if (!existsSync(path)) throw new Missing(`QEMU's schemas are not in ${tree}: ${path} does not exist`);
  }
  return found;
};

const run = (file, args, cwd) =>
  execFileSync(file, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });

/** Fetches the source package with a separate list of sources; the machine's list is not changed. */
const fetchInto = (work) => {
  const list = join(work, 'sources.list');
  writeFileSync(list, `deb-src [signed-by=${keyring}] http://deb.debian.org/debian ${suite} main\n`);
  const lists = join(work, 'lists');
  mkdirSync(lists);
  const options = [`Dir::Etc::sourcelist=${list}`, 'Dir::Etc::sourceparts=-', `Dir::State::lists=${lists}`];
  // Separate caches, since only root may write to apt's. APT::Sandbox::User keeps root from switching to another user.
  options.push(`Dir::Cache=${work}`, 'APT::Sandbox::User=root');
  const apt = (...args) => run(aptGet, [...options.flatMap((one) => ['-o', one]), '-q', ...args], work);
  apt('update');
  apt('source', '--download-only', 'qemu');
  const archive = readdirSync(work).find((name) => /\.orig\.tar\.[a-z0-9]+$/.test(name));
  if (archive === undefined) throw new Missing('the source package of qemu has no .orig.tar');
  const tree = join(work, 'tree');
  mkdirSync(tree);
  const wanted = ['*/qapi/*.json', '*/qga/qapi-schema.json'];
  run('/bin/tar', ['-xf', join(work, archive), '-C', tree, '--strip-components=1', '--wildcards', ...wanted]);
  return tree;
};

const cached = () => {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'guestwire');
  const folder = join(cache, `qemu-schemas-${suite}`);
  if (existsSync(folder)) return schemasIn(folder);
  for (const path of [aptGet, keyring]) {
    if (!existsSync(path))
      throw new Missing(`QEMU's schemas are fetched with Debian's apt-get, but ${path} is missing`);
  }
  if (!existsSync(xz))
    throw new Missing(`QEMU's schemas come in an archive for ${xz}: install the Debian package xz-utils`);
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'unfinished-'));
  try {
    moveIntoPlace(fetchInto(work), folder);
  } catch (error) {
    if (error instanceof Missing) throw error;
    throw new Missing(
      `QEMU's source package cannot be fetched (is there a network?): ${String(error.stderr ?? error)
        .trim()
        .split('\n')
        .at(-1)}`,
    );
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return schemasIn(folder);
};

try {
  const { GUESTWIRE_QEMU_SOURCE: source } = process.env;
  console.log(JSON.stringify(source ? schemasIn(source) : cached()));
} catch (error) {
  if (!(error instanceof Missing)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
