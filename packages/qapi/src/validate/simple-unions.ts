/**
 * Simple unions of 2012 (qemu-ga §11.2), `{"type": BRANCH, "data": VALUE}` on the wire. They are converted to today's
 * unions: an enum `NAMEKind` of the branches, a common member `type`, and for each branch a struct with `data`.
 */
import type {
  BranchDefinition,
  Definition,
  EnumDefinition,
  StructDefinition,
  UnionDefinition,
} from './definitions.js';
/** Converts a simple union to the types that it needs and a modern union; returns other definitions unchanged. */
export function expandSimpleUnion(definition: Definition): readonly Definition[] {
  if (definition.kind !== 'union' || definition.flat) return [definition];
  const { name, branches, nameSpan, span, context, flawed } = definition;
  const generated = { features: [], span, nameSpan, context, flawed };
  const values = branches.map((branch) => ({ name: branch.name, features: [], span: branch.span }));
  const kinds: EnumDefinition = { ...generated, kind: 'enum', name: `${name}Kind`, values };
  const wrappers = branches.map((branch): StructDefinition => {
    const data = { name: 'data', optional: false, type: branch.type, features: [], span: branch.span };
    return { ...generated, kind: 'struct', name: wrapperName(name, branch), members: [data] };
  });
  const type = { kind: 'reference', name: kinds.name, list: false, span: nameSpan } as const;
  const tag = { name: 'type', optional: false, type, features: [], span: nameSpan };
  const union: UnionDefinition = {
    ...definition,
    flat: { base: { kind: 'members', members: [tag], span }, discriminator: tag },
    branches: branches.map((branch) => ({
      ...branch,
      type: { kind: 'reference', name: wrapperName(name, branch), list: false, span: branch.type.span },
    })),
  };
  return [kinds, ...wrappers, union];
}

/** Returns `BlockOptionsRawFileWrapper` for `BlockOptions` and `raw-file`. */
function wrapperName(union: string, branch: BranchDefinition): string {
  const words = branch.name.split(/[-_.]/).map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return `${union}${words.join('')}Wrapper`;
}
