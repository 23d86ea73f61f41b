/** Returns a QAPI schema with a number of definitions: an enum, a struct and a command in turn. */
export function syntheticSchema(definitions: number): string {
  const lines = Array.from({ length: definitions }, (_, index) => {
    const group = Math.floor(index / 3);
    return [enumeration(group), structure(group), command(group)][index % 3];
  });
  return `${lines.join('\n\n')}\n`;
}

function enumeration(group: number): string {
  return `${comment(`Color${group}`, ['red', 'green', 'blue'])}
{ 'enum': 'Color${group}', 'data': [ 'red', 'green', 'blue' ] }`;
}

function structure(group: number): string {
  return `${comment(`Item${group}`, ['name', 'color', 'size', 'parts'])}
{ 'struct': 'Item${group}',
  'data': { 'name': 'str', 'color': 'Color${group}', '*size': 'int', '*parts': [ 'Item${group}' ] } }`;
}

function command(group: number): string {
  return `${comment(`get-item-${group}`, ['name', 'color'])}
{ 'command': 'get-item-${group}',
  'data': { 'name': 'str', '*color': 'Color${group}' },
  'returns': [ 'Item${group}' ] }`;
}

function comment(name: string, members: readonly string[]): string {
  const lines = [`@${name}:`, '', `An object for measurements.`, ''];
  for (const member of members) lines.push(`@${member}: the ${member} of the object`, '');
  return ['##', ...[...lines, 'Since: 1.0'].map((line) => `# ${line}`.trimEnd()), '##'].join('\n');
}
