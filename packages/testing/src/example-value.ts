import { Base64Data } from '@guestwire/protocol';
import type { Descriptor, MemberDescriptor } from '@guestwire/schema';

/**
 * Returns the simplest value of a type: zero, false, the first value of an enum, one element in a list, no optional members. A
 * string is the name of its member.
 */
export function exampleValue(type: Descriptor, name = 'text'): unknown {
  switch (type.kind) {
    case 'builtin':
      if (type.name === 'str') return name;
      if (type.name === 'bool') return false;
      return type.name === 'null' || type.name === 'any' ? null : 0;
    case 'enum':
      return type.values[0];
    case 'list':
      return [exampleValue(type.element(), name)];
    case 'alternate': {
      const [first] = type.branches;
      return first === undefined ? null : exampleValue(first.type(), name);
    }
    case 'struct':
      return Object.fromEntries(exampleMembers(type.members));
    case 'union': {
      const common = Object.fromEntries(exampleMembers(type.members));
      const [[selected, branch] = []] = Object.entries(type.branches);
      return selected === undefined || branch === undefined
        ? common
        : {
            ...common,
            [type.discriminator]: selected,
            ...Object.fromEntries(exampleMembers(branch().members)),
          };
    }
  }
}

function exampleMembers(members: readonly MemberDescriptor[]): [string, unknown][] {
  return members
    .filter(({ optional }) => optional !== true)
    .map(({ name, type, features }) => [
      name,
      features?.includes('base64') === true ? Base64Data.fromText('') : exampleValue(type(), name),
    ]);
}
