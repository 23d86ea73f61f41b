/**
 * How transcripts spell bytes.
 *
 * - `\xHH`: the byte HH. Everything else stands for itself, in UTF-8.
 * - `$(N*TEXT)`: the text N times.
 * - `$dir`: the conversation's own folder, as the agent sees it.
 * - `$h1`, `$h2`, ...: the handles that the conversation's opens get, in order.
 * - `$pid`: the number of the process that the conversation started last.
 * - `$version`: the version that the agent reports.
 */

/** The values of a run for the variable parts of a conversation. */
export interface Names {
  readonly dir: string;
  /** The handle before the first one that the conversation opens. */
  readonly handle: bigint;
  /** The pid of the process that the conversation started last. */
  pid: string;
}

/** Returns the bytes of a text with escapes. */
export function toBytes(text: string, names: Names): Buffer {
  const filled = text
    .replace(/\$\((\d+)\*([^)]*)\)/g, (_, count: string, unit: string) => unit.repeat(Number(count)))
    .replaceAll('$dir', names.dir)
    .replaceAll('$pid', names.pid)
    .replace(/\$h(\d+)/g, (_, nth: string) => String(names.handle + BigInt(nth)));
  const parts = filled.split(/\\x([0-9a-f]{2})/);
  return Buffer.concat(
    parts.map((part, index) => (index % 2 === 0 ? Buffer.from(part) : Buffer.from(part, 'hex'))),
  );
}

/** The commands of 2012; others are left out of what `guest-info` lists, since that grows with every release. */
const LISTED =
  /"name": "guest-(sync|sync-delimited|ping|info|shutdown|file-\w+|fsfreeze-(status|freeze|thaw)|suspend-disk)"/;

function spellInfo(line: string): string {
  return line.replace(/"supported_commands": \[(.*?)\]/, (_, list: string) => {
    const entries = (list.match(/\{[^}]*\}/g) ?? []).filter((entry) => LISTED.test(entry));
    return `"supported_commands": [${entries.join(', ')}]`;
  });
}

function spellHandles(line: string, first: bigint): string {
  return line.replace(/("return": |handle ')(\d{4,18})\b/g, (whole, lead: string, digits: string) => {
    const nth = BigInt(digits) - first;
    return nth >= 1n && nth <= 99n ? `${lead}$h${nth}` : whole;
  });
}

/** Returns one line of a reply, without its line feed, in the notation of a transcript. */
export function toText(bytes: Buffer, names: Names): string {
  // Replies are ASCII except for the byte FF; other bytes are shown unchanged.
  const line = bytes.toString('latin1').replace(/[^ -~]/g, (byte) => {
    return `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
  return spellHandles(spellInfo(line.replaceAll(names.dir, '$dir')), names.handle)
    .replace(/"pid": \d+/, '"pid": $pid')
    .replace(/"version": "[^"]*"/, '"version": "$version"')
    .replace(/([^\\)$]{1,4}?)\1{63,}/g, (run, unit: string) => `$(${run.length / unit.length}*${unit})`);
}

/** Joins many equal lines in a row to one. */
export function foldLines(lines: readonly string[]): string[] {
  const folded: string[] = [];
  for (let start = 0; start < lines.length; ) {
    const line = lines[start] ?? '';
    let end = start + 1;
    while (lines[end] === line) end++;
    const count = end - start;
    folded.push(...(count < 20 ? lines.slice(start, end) : [`(${count} times) ${line}`]));
    start = end;
  }
  return folded;
}
