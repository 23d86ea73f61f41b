// The rules of CycloneDX 1.6 for a bill of materials, as far as ours use the format. `npm run check:publish` applies the
// schema of the standard.
import assert from 'node:assert/strict';

/** A component of a bill. */
export interface Component {
  readonly type: string;
  readonly 'bom-ref': string;
  readonly group?: string;
  readonly name: string;
  readonly version: string;
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
  readonly licenses?: readonly { readonly license?: { readonly id: string }; readonly expression?: string }[];
  readonly purl: string;
  readonly components?: readonly Component[];
}

/** A bill of materials. */
export interface Bill {
  readonly bomFormat: string;
  readonly specVersion: string;
  readonly serialNumber: string;
  readonly version: number;
  readonly metadata: { readonly timestamp: string; readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[];
}

const TYPES = ['application', 'library', 'platform'];
const DIGITS: Readonly<Record<string, number>> = { 'SHA-256': 64, 'SHA-512': 128 };
const KEYS = [
  ...[
    'type',
    'bom-ref',
    'group',
    'name',
    'version',
    'description',
    'scope',
    'hashes',
    'licenses',
    'cpe',
    'purl',
  ],
  'components',
];

/** Asserts that a bill is valid, and that each component has a version, a licence and a package URL. */
export function assertValid(bill: Bill): void {
  assert.equal(bill.bomFormat, 'CycloneDX');
  assert.equal(bill.specVersion, '1.6');
  assert.equal(bill.version, 1);
  assert.match(
    bill.serialNumber,
    /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  assert.match(bill.metadata.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  const components = [bill.metadata.component, ...bill.components];
  const nested = components.flatMap((component) => component.components ?? []);
  for (const component of components) {
    assertComponent(component);
    assert.ok(component.licenses?.length, `${component.name} has a licence`);
  }
  for (const component of nested) assertComponent(component);

  const references = [...components, ...nested].map((component) => component['bom-ref']);
  assert.equal(new Set(references).size, references.length, 'references are unique');
  assert.deepEqual(
    bill.dependencies.map(({ ref }) => ref).sort(),
    components.map((component) => component['bom-ref']).sort(),
    'each component is in the graph once',
  );
  for (const { dependsOn = [] } of bill.dependencies) {
    assert.equal(new Set(dependsOn).size, dependsOn.length);
    for (const reference of dependsOn) assert.ok(references.includes(reference), reference);
  }
}

function assertComponent(component: Component): void {
  const { type, name, version, purl, hashes = [], licenses = [] } = component;
  assert.deepEqual(
    Object.keys(component).filter((key) => !KEYS.includes(key)),
    [],
  );
  assert.ok(TYPES.includes(type), type);
  assert.ok(name !== '' && version !== '');
  assert.match(purl, /^pkg:(npm|generic|deb)\/[\w.~%/-]+@[\w.~%-]+(\?arch=amd64)?$/);
  for (const { alg, content } of hashes) {
    assert.match(content, /^[0-9a-f]+$/);
    assert.equal(content.length, DIGITS[alg], alg);
  }
  for (const { license, expression } of licenses) {
    assert.ok((license === undefined) !== (expression === undefined), 'an id or an expression');
    assert.match(license?.id ?? expression ?? '', /^[\w.+-]+( (AND|OR|WITH) [\w.+-]+)*$/);
  }
}
