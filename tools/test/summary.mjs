/**
 * Listens to a run of tests, and gives the lines that say what was seen: each suite, its tests that passed, and what
 * each of them has noted.
 */
export function summaryOf(stream) {
  /** By file, what was seen in it; a file's events come in order, those of two files may be mixed. */
  const files = new Map();
  const note = (file, line) => {
    if (file !== undefined) files.set(file, [...(files.get(file) ?? []), line]);
  };
  /** Files whose last test has passed: the notes that follow belong to it. */
  const passing = new Set();
  stream.on('test:start', ({ name, nesting, file }) => {
    if (nesting === 0) note(file, name);
    passing.delete(file);
  });
  stream.on('test:pass', ({ name, nesting, file, skip }) => {
    if (nesting === 0 || skip !== undefined) return;
    note(file, `${'  '.repeat(nesting)}${name}`);
    passing.add(file);
  });
  stream.on('test:diagnostic', ({ message, nesting, file }) => {
    if (passing.has(file)) note(file, `${'  '.repeat(nesting + 1)}${message}`);
  });
  return () => [...files.values()].flat();
}
