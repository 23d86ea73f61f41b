// Checks the bills of materials of the packages against the schema of CycloneDX.
import { readFileSync } from 'node:fs';
import { sourceDate } from '../package/project.mjs';
import { billOf, writeNpmBills } from '../package/sbom/bills.mjs';

/** Writes the bills beside the tarballs, and returns what is wrong with them. */
export async function billProblems(packed) {
  writeNpmBills(packed, sourceDate());
  // Installed by an earlier step.
  const { Spec, Validation } = await import('@cyclonedx/cyclonedx-library');
  const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
  const problems = [];
  for (const { name, tarball } of packed) {
    const error = await validator.validate(readFileSync(billOf(tarball), 'utf8'));
    if (error !== null) problems.push(`${name}: invalid bill of materials: ${JSON.stringify(error)}`);
  }
  return problems;
}
