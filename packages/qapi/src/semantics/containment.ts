/**
 * Which object types are part of others: loops and depth (qemu-ga §10.4), and all members of a type.
 */

import type { Reporter } from '../diagnostics/diagnostics.js';
import type { Member, StructType, UnionType } from '../model.js';
import type { Definition } from '../validate/definitions.js';
import { fail } from '../validate/scope.js';

/** How deep types may be nested through bases and branches; no schema comes near it. */
const MAX_CONTAINMENT = 100;

/** A type that may contain others. */
export type ObjectType = StructType | UnionType;

/**
 * Reports types that contain themselves, or too much. The answer is the types of which this is so: their members
 * are not known.
 */
export function checkContainment(
  types: ReadonlyMap<ObjectType, Definition>,
  reporter: Reporter,
): ReadonlySet<ObjectType> {
  const heights = new Map<ObjectType, number>();
  const open = new Set<ObjectType>();
  const unsound = new Set<ObjectType>();

  const complain = (
    type: ObjectType,
    code: 'contains-itself' | 'contained-too-deep',
    message: string,
  ): void => {
    if (unsound.has(type)) return;
    unsound.add(type);
    const definition = types.get(type);
    fail({ reporter, context: definition?.context }, code, message, definition?.nameSpan ?? type.span);
  };

  const tooDeep = (type: ObjectType): void => {
    const message = `object ${type.name} contains types nested deeper than ${MAX_CONTAINMENT} levels`;
    complain(type, 'contained-too-deep', message);
  };

  /** How many types stand inside one another in `type`, itself included. */
  const heightOf = (type: ObjectType): number => {
    const known = heights.get(type);
    if (known !== undefined) return known;
    if (open.has(type)) {
      complain(type, 'contains-itself', `object ${type.name} contains itself`);
      return 0;
    }
    let height = 1;
    open.add(type);
    if (open.size > MAX_CONTAINMENT) {
      const [outermost = type] = open;
      tooDeep(outermost);
      unsound.add(type);
    } else {
      for (const part of partsOf(type)) {
        height = Math.max(height, 1 + heightOf(part));
        if (unsound.has(part)) unsound.add(type);
      }
      if (height > MAX_CONTAINMENT) tooDeep(type);
    }
    open.delete(type);
    heights.set(type, height);
    return height;
  };

  for (const type of types.keys()) heightOf(type);
  return unsound;
}

function partsOf(type: ObjectType): readonly ObjectType[] {
  return [
    ...(type.base ? [type.base] : []),
    ...(type.kind === 'union' ? new Set(type.branches.map((branch) => branch.type)) : []),
  ];
}

/** A struct and its bases, the outermost base first. Ends in a loop, too. */
export function lineageOf(struct: StructType): readonly StructType[] {
  const lineage: StructType[] = [];
  for (let at: StructType | undefined = struct; at && lineage.length <= MAX_CONTAINMENT; at = at.base)
    lineage.push(at);
  return lineage.reverse();
}

/** All members of a struct, those of its bases first. */
export function allMembers(struct: StructType): readonly Member[] {
  return lineageOf(struct).flatMap(({ members }) => members);
}
