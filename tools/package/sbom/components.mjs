// The components of a bill of materials: npm packages as package-lock.json describes them, Node, and files.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from '../project.mjs';
import { run } from '../run.mjs';

/** Entries of `process.versions` that are no libraries. */
const NOT_LIBRARIES = ['node', 'modules', 'napi', 'unicode'];

const locked = JSON.parse(readFileSync(join(projectFolder, 'package-lock.json'), 'utf8')).packages;

/** Returns the digest of a file as a CycloneDX hash: `SHA-256` or `SHA-512`. */
export function hashOf(path, algorithm = 'SHA-256') {
  const hash = createHash(algorithm.replace('-', '').toLowerCase());
  return { alg: algorithm, content: hash.update(readFileSync(path)).digest('hex') };
}

/** Returns a package URL of the type `npm` or `generic`. */
export function purl(type, name, version) {
  const path = name.split('/').map(encodeURIComponent).join('/');
  return `pkg:${type}/${path}@${encodeURIComponent(version)}`;
}

/**
 * Returns the npm packages that the given ones need at run time, themselves included.
 *
 * @param names names of packages, in the workspace or installed
 * @returns by name: the component, and the names of its dependencies
 */
export function npmPackages(names) {
  const found = new Map();
  const visit = (name, from, isOptional) => {
    const place = placeOf(name, from);
    if (place === undefined || found.has(name)) return;
    const entry = locked[place];
    const optional = Object.keys(entry.optionalDependencies ?? {});
    const required = Object.keys(entry.dependencies ?? {}).filter((other) => !optional.includes(other));
    found.set(name, {
      component: npmComponent(name, entry, isOptional),
      dependencies: [...required, ...optional].filter((other) => placeOf(other, place) !== undefined),
    });
    for (const other of required) visit(other, place, isOptional);
    for (const other of optional) visit(other, place, true);
  };
  for (const name of names) visit(name, '', false);
  return found;
}

/** Returns where the lock file describes the package that `name` means in the folder `from`, as Node resolves it. */
function placeOf(name, from) {
  for (let folder = from; ; folder = folder.replace(/(^|\/)[^/]*$/, '')) {
    const place = join(folder, 'node_modules', name);
    const entry = locked[place];
    if (entry !== undefined) return entry.link ? entry.resolved : place;
    if (folder === '') return undefined;
  }
}

function npmComponent(name, { version, license, integrity }, isOptional) {
  const [group, base] = name.startsWith('@') ? name.split('/') : [undefined, name];
  const reference = purl('npm', name, version);
  return {
    type: 'library',
    'bom-ref': reference,
    ...(group === undefined ? {} : { group }),
    name: base,
    version,
    scope: isOptional ? 'optional' : 'required',
    ...(integrity === undefined ? {} : { hashes: [hashOfIntegrity(integrity)] }),
    licenses: licences(license),
    purl: reference,
  };
}

/** Converts `sha512-BASE64` of the lock file. */
function hashOfIntegrity(integrity) {
  const [algorithm, digest] = integrity.split('-');
  return { alg: algorithm.replace('sha', 'SHA-'), content: Buffer.from(digest, 'base64').toString('hex') };
}

function licences(expression) {
  return /^[\w.+-]+$/.test(expression) ? [{ license: { id: expression } }] : [{ expression }];
}

/** Returns the component of a Node program, with the libraries in it. */
export function nodeComponent(node) {
  const versions = JSON.parse(run(node, ['-p', 'JSON.stringify(process.versions)']));
  const reference = purl('generic', 'node', versions.node);
  const libraries = Object.entries(versions).filter(
    ([name, version]) => version && !NOT_LIBRARIES.includes(name),
  );
  return {
    type: 'platform',
    'bom-ref': reference,
    name: 'node',
    version: versions.node,
    description: 'Node.js, stripped and changed by the packager; the hash is that of the original program',
    hashes: [hashOf(node)],
    licenses: licences('MIT'),
    cpe: `cpe:2.3:a:nodejs:node.js:${versions.node}:*:*:*:*:*:*:*`,
    purl: reference,
    components: libraries
      .map(([name, version]) => ({
        type: 'library',
        'bom-ref': `${reference}#${name}`,
        name,
        version,
        purl: purl('generic', name, version),
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}
