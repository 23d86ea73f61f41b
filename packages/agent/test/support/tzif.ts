/** What a compiled time zone says. */
export interface ZoneData {
  readonly version: 1 | 2;
  /** Abbreviation and seconds to add to UTC. */
  readonly types: readonly (readonly [abbreviation: string, offset: number])[];
  /** When, and to which of the types. */
  readonly changes: readonly (readonly [seconds: number, type: number])[];
  /** What comes after the last change. */
  readonly rule?: string;
}

/** A compiled time zone (RFC 8536), as zic writes it. */
export function tzif(zone: ZoneData): Buffer {
  if (zone.version === 1) return block(zone, 4);
  const empty = { ...zone, types: [], changes: [] };
  return Buffer.concat([block(empty, 4), block(zone, 8), Buffer.from(`\n${zone.rule ?? ''}\n`)]);
}

function block({ version, types, changes }: ZoneData, timeSize: 4 | 8): Buffer {
  const names = types.map(([name]) => `${name}\0`).join('');
  const header = Buffer.alloc(44);
  header.write('TZif');
  header[4] = version === 1 ? 0 : 0x32;
  for (const [index, count] of [0, 0, 0, changes.length, types.length, names.length].entries()) {
    header.writeUInt32BE(count, 20 + index * 4);
  }
  const times = changes.map(([seconds]) => {
    const time = Buffer.alloc(8);
    time.writeBigInt64BE(BigInt(seconds));
    return time.subarray(8 - timeSize);
  });
  const indices = Buffer.from(changes.map(([, type]) => type));
  const records = types.map(([name, offset]) => {
    const record = Buffer.alloc(6);
    record.writeInt32BE(offset);
    record[5] = names.indexOf(`${name}\0`);
    return record;
  });
  return Buffer.concat([header, ...times, indices, ...records, Buffer.from(names)]);
}
