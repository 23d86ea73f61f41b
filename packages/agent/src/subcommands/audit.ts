import { errnoOf, errnoText } from '@guestwire/posix';
import { type Verification, verify } from '../audit/verify.js';
import type { SubcommandResult } from './subcommand.js';
import { terminalText } from './terminal-text.js';

const HELP = `\
Usage: guestd audit verify [--json] FILE...
Verifies the chain of hashes of an audit log: in one file, or in several, the oldest
first. Prints the number of entries and the last hash, or the first line that breaks the
chain.

Exit status: 0 if the chain is complete; 1 if it is broken; 2 for a usage error or a file
that cannot be read.
`;

/**
 * Runs `guestd audit`.
 * @param args the words after `audit`
 */
export async function runAudit(args: readonly string[]): Promise<SubcommandResult> {
  if (args.includes('--help') || args.includes('-h')) return { status: 0, output: HELP, complaint: '' };
  const [action, ...rest] = args;
  const files = rest.filter((word) => word !== '--json');
  const unknown = files.find((word) => word.startsWith('-'));
  if (unknown !== undefined) return failed(`unknown option ${unknown}; see guestd audit --help`);
  if (action !== 'verify' || files.length === 0) {
    return failed('expected: audit verify FILE...; see guestd audit --help');
  }
  try {
    const result = verify(files);
    const output = rest.includes('--json') ? JSON.stringify(result) : report(result);
    return { status: result.ok ? 0 : 1, output: `${terminalText(output)}\n`, complaint: '' };
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return failed(`cannot verify ${files.join(', ')}: ${errnoText(error)}`);
  }
}

function failed(problem: string): SubcommandResult {
  return { status: 2, output: '', complaint: `guestd: ${terminalText(problem)}\n` };
}

function report(result: Verification): string {
  if (!result.ok) return `broken: ${result.file}, line ${result.line}: ${result.reason}`;
  const { entries, continues, last } = result;
  const before = continues === undefined ? '' : `; it continues a log that ended with ${continues}`;
  return `OK: ${entries} entries, last hash ${last}${before}`;
}
