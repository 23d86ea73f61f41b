// The bills of materials of everything that `npm run package` makes; each lies beside its file, as `FILE.cdx.json`.
import { version } from '../project.mjs';
import { writeBill } from './bill.mjs';
import { hashOf, nodeComponent, npmPackages, purl } from './components.mjs';

/** Returns the path of the bill of a file. */
export const billOf = (file) => `${file}.cdx.json`;

/** Returns the package URL of a Debian package for x86-64. */
export const debianUrl = (name) => `pkg:deb/guestwire/${name}@${version}?arch=amd64`;

/** Returns the package URL of a single executable. */
export const executableUrl = (name) => purl('generic', name, version);

/**
 * Writes the bill of a file that contains a single executable: Node, and the npm packages whose code is in it.
 *
 * @param options.url the package URL of the file
 * @param options.node the Node program in the executable
 * @param options.packages the names of the npm packages
 * @param options.date the time of the build, in seconds since the epoch
 */
export function writeProgramBill({ file, name, url, node, packages, date }) {
  const platform = { component: nodeComponent(node), dependsOn: [] };
  const known = npmPackages(packages);
  const parts = [platform, ...packages.map((other) => partOf(known, other, packages))];
  writeBill({
    file: billOf(file),
    subject: {
      type: 'application',
      'bom-ref': url,
      name,
      version,
      hashes: [hashOf(file)],
      licenses: [{ license: { id: 'Apache-2.0' } }],
      purl: url,
    },
    parts,
    dependsOn: parts.map(referenceOf),
    date,
  });
}

/**
 * Writes the bills of npm packages: what an installation of each contains.
 *
 * @param packed the packages: `name`, and `tarball`, the path
 */
export function writeNpmBills(packed, date) {
  const known = npmPackages(packed.map(({ name }) => name));
  for (const { name, tarball } of packed) {
    const { component, dependencies } = known.get(name);
    const names = [...npmPackages([name]).keys()];
    writeBill({
      file: billOf(tarball),
      subject: { ...component, hashes: [hashOf(tarball, 'SHA-512')] },
      parts: names.filter((other) => other !== name).map((other) => partOf(known, other, names)),
      dependsOn: dependencies.map((other) => referenceOf(partOf(known, other, []))),
      date,
    });
  }
}

/** Returns a component with the references of those of its dependencies that are listed. */
function partOf(known, name, listed) {
  const { component, dependencies } = known.get(name);
  const dependsOn = dependencies
    .filter((other) => listed.includes(other))
    .map((other) => known.get(other).component['bom-ref']);
  return { component, dependsOn };
}

const referenceOf = ({ component }) => component['bom-ref'];
