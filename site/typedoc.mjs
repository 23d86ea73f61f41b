// API pages of the public packages, from the sources of the entry points in their package.json.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

function readJson(path) {
  return JSON.parse(readFileSync(`${project}/${path}`, 'utf8'));
}

/** All packages of the workspace that are not private. */
const folders = readJson('package.json').workspaces.filter(
  (folder) => !readJson(`${folder}/package.json`).private,
);

export default {
  plugin: ['typedoc-plugin-markdown', 'typedoc-vitepress-theme'],
  entryPointStrategy: 'packages',
  entryPoints: folders.map((folder) => `${project}/${folder}`),
  packageOptions: { readme: 'none', excludeInternal: true, skipErrorChecking: true, validation: false },
  out: `${project}/site/pages/api`,
  docsRoot: `${project}/site/pages`,
  name: 'API',
  readme: 'none',
  disableSources: true,
  hideBreadcrumbs: true,
  hidePageHeader: true,
  outputFileStrategy: 'modules',
  logLevel: 'Warn',
};
