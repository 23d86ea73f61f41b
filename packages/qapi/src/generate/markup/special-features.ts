/** The features with a meaning in every schema, which documentation shows in a prominent place. */
import type { Doc, Feature } from '../../model.js';

/** Returns true for `deprecated` and `unstable`. */
export function isSpecial({ name }: Feature): boolean {
  return name === 'deprecated' || name === 'unstable';
}

/** Returns the description of a feature, or an empty string. */
export function featureText(name: string, doc: Doc | undefined): string {
  return doc?.features.find((entry) => entry.name === name)?.text ?? '';
}
