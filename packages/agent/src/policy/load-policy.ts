import { isUtf8 } from 'node:buffer';
import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { errnoOf, strerror } from '@guestwire/posix';
import { AgentError } from '../agent-error.js';
import { checkPresetName, type ParsedPolicy, parsePolicy } from './parse-policy.js';
import type { Policy } from './policy.js';
import { partsOf, weaknessOf } from './protected-path.js';
import { presetPolicy } from './rule-set.js';

/** Far above the size of any policy that a person writes. */
const LIMIT_BYTES = 1 << 20;

/** Where a policy comes from, and how its words are understood. */
export interface PolicyContext {
  /** Folder for a relative path; the working directory if absent. */
  readonly folder?: string | undefined;
  /** Names of commands beside those of QEMU, of an embedding program. */
  readonly others?: ReadonlySet<string> | undefined;
}

/**
 * Returns the policy that the option `policy` names: presets separated by commas, or the path of a policy file, which
 * contains a slash.
 * @throws {AgentError} `policy` if a preset does not exist, or if the file cannot be read, is not protected or is invalid
 */
export function loadPolicy(text: string, context: PolicyContext = {}): Policy {
  if (!text.includes('/')) return presetsOf(text);
  const path = resolve(context.folder ?? '', text);
  const { policy, problems } = readPolicy(path, context.others);
  if (policy !== undefined) return policy;
  const [first] = problems;
  const place = first === undefined || first.line === 0 ? '' : `line ${first.line}: `;
  throw new AgentError('policy', `invalid policy ${path}: ${place}${first?.message ?? ''}`, {
    advice: `guestd policy check ${path} lists all mistakes`,
  });
}

/**
 * Reads and parses a policy file. Other users than root, and the agent's own, must not be able to change it.
 * @param path absolute
 * @throws {AgentError} `policy` if it cannot be read or is not protected
 */
export function readPolicy(path: string, others?: ReadonlySet<string>): ParsedPolicy {
  return parsePolicy(readProtected(path), path, others);
}

function presetsOf(text: string): Policy {
  const names = text.split(',').map((name) => name.trim());
  try {
    for (const name of names) checkPresetName(name);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new AgentError('policy', error.message, { advice: 'the path of a policy file contains a slash' });
  }
  return presetPolicy(names);
}

function readProtected(path: string): string {
  try {
    checkFolders(path);
    // Opening a FIFO would block.
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    try {
      const stats = fstatSync(fd);
      if (!stats.isFile()) throw notLoaded(path, 'it is not a regular file');
      const weakness = weaknessOf(stats);
      if (weakness !== undefined) throw notProtected(path, `it ${weakness}`);
      if (stats.size > LIMIT_BYTES) throw notLoaded(path, `it is larger than ${LIMIT_BYTES} bytes`);
      const bytes = readFileSync(fd);
      if (!isUtf8(bytes)) throw notLoaded(path, 'it is not UTF-8');
      return bytes.toString();
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    throw notLoaded(path, strerror(errno), error);
  }
}

/** A user who can write to a folder above the file, or above a link to it, can put another file in its place. */
function checkFolders(path: string): void {
  for (const part of [...partsOf(path), ...partsOf(realpathSync(path))]) {
    const weakness = weaknessOf(lstatSync(part));
    if (weakness !== undefined) throw notProtected(path, `${part} ${weakness}`);
  }
}

function notProtected(path: string, weakness: string): AgentError {
  return new AgentError('policy', `refusing the policy ${path}: ${weakness}`, {
    advice: 'the file and the folders above it must belong to root and must not be writable by others',
  });
}

function notLoaded(path: string, reason: string, cause?: unknown): AgentError {
  return new AgentError('policy', `cannot read the policy ${path}: ${reason}`, { cause });
}
