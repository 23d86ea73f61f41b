// Builds the documentation site into site/dist: npm run docs. The packages must have been built.
//
// docs/ and the API pages that TypeDoc writes are put together in site/pages, where links that leave docs/ lead to the repository.
// VitePress fails on links to pages that do not exist.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const site = fileURLToPath(new URL('.', import.meta.url));
const project = resolve(site, '..');
const docs = join(project, 'docs');
const pages = join(site, 'pages');
const modules = join(site, 'node_modules');
const BLOB_URL = 'https://github.com/guestwire/guestwire/blob/main';

function run(program, ...args) {
  const { status, error } = spawnSync(program, args, { cwd: site, stdio: 'inherit' });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

/** Installs the tools of the lock file, unless they are installed. */
function install() {
  const lock = readFileSync(join(site, 'package-lock.json'), 'utf8');
  const stamp = join(modules, '.installed-lock.json');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  run('npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--silent');
  writeFileSync(stamp, lock);
}

/** Returns the text of a page of docs/ with links that work on the site. */
function withSiteLinks(text, file) {
  return text.replaceAll(/\]\((?![a-z]+:|#)([^)\s#]+)(#[^)\s]*)?\)/g, (_, path, anchor = '') => {
    const target = resolve(dirname(file), path);
    const inDocs = !relative(docs, target).startsWith('..');
    if (!inDocs) return `](${BLOB_URL}/${relative(project, target)}${anchor})`;
    return `](${path.replace(/(^|\/)README\.md$/, '$1index.md')}${anchor})`;
  });
}

function stageDocs() {
  rmSync(pages, { recursive: true, force: true });
  cpSync(docs, pages, { recursive: true });
  cpSync(join(site, 'index.md'), join(pages, 'index.md'));
  for (const entry of readdirSync(docs, { recursive: true })) {
    if (!entry.endsWith('.md')) continue;
    const page = join(pages, entry);
    writeFileSync(page, withSiteLinks(readFileSync(page, 'utf8'), join(docs, entry)));
    if (basename(entry) === 'README.md') renameSync(page, join(dirname(page), 'index.md'));
  }
}

install();
stageDocs();
run(process.execPath, join(modules, 'typedoc/bin/typedoc'), '--options', join(site, 'typedoc.mjs'));
run(process.execPath, join(modules, 'vitepress/bin/vitepress.js'), 'build', site);
