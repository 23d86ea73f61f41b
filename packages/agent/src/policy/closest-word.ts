/** A word with more edits than this, or than a third of its letters, is not similar. */
const MAX_EDITS = 3;

/**
 * Returns the candidate with the fewest edits (a letter inserted, removed, replaced, or swapped with the next one) from
 * `word`; undefined if none is similar. Of equally close candidates the first is returned.
 */
export function closestWord(word: string, candidates: readonly string[]): string | undefined {
  let limit = Math.min(MAX_EDITS, Math.max(1, Math.floor(word.length / 3))) + 1;
  let closest: string | undefined;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= limit) continue;
    const edits = editDistance(word, candidate);
    if (edits >= limit) continue;
    limit = edits;
    closest = candidate;
  }
  return closest;
}

function editDistance(from: string, to: string): number {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = at(last, column - 1) + (from[row - 1] === to[column - 1] ? 0 : 1);
      let edits = Math.min(replaced, at(last, column) + 1, at(current, column - 1) + 1);
      const isSwapped = row > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (isSwapped) edits = Math.min(edits, at(beforeLast, column - 2) + 1);
      current.push(edits);
    }
    beforeLast = last;
    last = current;
  }
  return at(last, to.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
