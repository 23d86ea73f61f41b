/**
 * Returns a function that returns the summary of a test run: each suite, its tests that passed, and the diagnostics of
 * each of them.
 */
export function summaryOf(stream) {
  /** The lines by file: the events of one file are in order, those of several files may be mixed. */
  const files = new Map();
  const note = (file, line) => {
    if (file !== undefined) files.set(file, [...(files.get(file) ?? []), line]);
  };
  /** The files whose last test has passed, so that the diagnostics that follow belong to it. */
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
