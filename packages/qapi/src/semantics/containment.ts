/** Containment of object types in each other: loops, depth (qemu-ga §10.4), and all members of a type. */
import type { Member, StructType, UnionType } from '../model.js';
import type { Definition } from '../validate/definitions.js';
import type { TypeTable } from './type-table.js';

/** The maximum depth of types that contain types, through bases and branches. */
const MAX_CONTAINMENT = 100;

export type ObjectType = StructType | UnionType;

/** Reports types that contain themselves or are nested too deep. Returns these types, whose members are unknown. */
export function checkContainment(
  objects: ReadonlyMap<ObjectType, Definition>,
  types: TypeTable,
): ReadonlySet<ObjectType> {
  const heights = new Map<ObjectType, number>();
  const open = new Set<ObjectType>();
  const unsound = new Set<ObjectType>();

  const report = (type: ObjectType, code: 'contains-itself' | 'contained-too-deep', what: string): void => {
    const definition = objects.get(type);
    if (definition && !unsound.has(type)) {
      types.fail(definition, code, `object ${type.name} contains ${what}`, definition.nameSpan);
    }
    unsound.add(type);
  };

  /** Returns the number of nested levels, `type` included. */
  const heightOf = (type: ObjectType): number => {
    const known = heights.get(type);
    if (known !== undefined) return known;
    if (open.has(type)) {
      report(type, 'contains-itself', 'itself');
      return 0;
    }
    let height = 1;
    open.add(type);
    if (open.size > MAX_CONTAINMENT) {
      const [outermost = type] = open;
      report(outermost, 'contained-too-deep', TOO_DEEP);
      unsound.add(type);
    } else {
      for (const part of partsOf(type)) {
        height = Math.max(height, 1 + heightOf(part));
        if (unsound.has(part)) unsound.add(type);
      }
      if (height > MAX_CONTAINMENT) report(type, 'contained-too-deep', TOO_DEEP);
    }
    open.delete(type);
    heights.set(type, height);
    return height;
  };

  for (const type of objects.keys()) heightOf(type);
  return unsound;
}

const TOO_DEEP = `types nested deeper than ${MAX_CONTAINMENT} levels`;

function partsOf(type: ObjectType): readonly ObjectType[] {
  const branches = type.kind === 'union' ? new Set(type.branches.map((branch) => branch.type)) : [];
  return [...(type.base ? [type.base] : []), ...branches];
}

/** Returns a struct and its bases, the outermost base first. The result is finite even for a loop. */
export function lineageOf(struct: StructType): readonly StructType[] {
  const lineage: StructType[] = [];
  for (let at: StructType | undefined = struct; at && lineage.length <= MAX_CONTAINMENT; at = at.base)
    lineage.push(at);
  return lineage.reverse();
}

/** Returns all members of a struct, those of its bases first. */
export function allMembers(struct: StructType): readonly Member[] {
  return lineageOf(struct).flatMap(({ members }) => members);
}
