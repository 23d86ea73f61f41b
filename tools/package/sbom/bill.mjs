// Writes bills of materials in the format CycloneDX 1.6.
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { version } from '../project.mjs';

const SUPPLIER = { name: 'the Guestwire authors', url: ['https://github.com/guestwire/guestwire'] };

/**
 * Writes a bill of materials. The same arguments make the same bytes.
 *
 * @param options.file the path of the bill
 * @param options.subject the component that is described
 * @param options.parts the components in it: `{ component, dependsOn }`, the latter being references
 * @param options.dependsOn references of the direct dependencies of the subject
 * @param options.date the time of the build, in seconds since the epoch
 */
export function writeBill({ file, subject, parts, dependsOn, date }) {
  const sorted = parts.toSorted((a, b) => (a.component['bom-ref'] < b.component['bom-ref'] ? -1 : 1));
  const edges = [{ component: subject, dependsOn }, ...sorted];
  const contents = {
    version: 1,
    metadata: {
      timestamp: new Date(date * 1000).toISOString().replace('.000Z', 'Z'),
      lifecycles: [{ phase: 'build' }],
      tools: { components: [{ type: 'application', name: 'guestwire npm run package', version }] },
      component: subject,
      supplier: SUPPLIER,
    },
    components: sorted.map(({ component }) => component),
    dependencies: edges.map(({ component, dependsOn }) => ({
      ref: component['bom-ref'],
      ...(dependsOn.length === 0 ? {} : { dependsOn: dependsOn.toSorted() }),
    })),
  };
  const bill = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify(contents))}`,
    ...contents,
  };
  writeFileSync(file, `${JSON.stringify(bill, null, 2)}\n`);
}

/** Returns a UUID of version 8 (RFC 9562) that depends on a text only. */
function uuidOf(text) {
  const hex = createHash('sha256').update(text).digest('hex');
  const variant = '89ab'[Number.parseInt(hex[16], 16) % 4];
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20, 32),
  ].join('-');
}
