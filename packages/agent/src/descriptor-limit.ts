import { closeSync, openSync, readFileSync } from 'node:fs';
import { AgentError } from './agent-error.js';

/**
 * Descriptors that stay free for the agent's own work: a program with three pipes takes seven, a thaw opens the list of
 * mounts and a mount point.
 */
const RESERVE = 16;

/** About 25 for an idle agent, and the reserve. */
const MINIMUM = 48;

/** Returns the limit of this process now, since another process may change it; infinity if it is not known. */
function descriptorLimit(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'latin1');
    return Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** @throws {AgentError} `option` if this process may not open enough files for an agent */
export function checkDescriptorLimit(): void {
  const limit = descriptorLimit();
  if (limit >= MINIMUM) return;
  throw new AgentError('option', `the limit of ${limit} open files is too low; ${MINIMUM} are needed`, {
    advice: 'raise it with ulimit -n, or LimitNOFILE= in the service unit',
  });
}

/** Returns whether the next descriptor leaves enough others for the agent's own work. */
export function hasSpareDescriptors(): boolean {
  try {
    // The kernel gives the lowest number that is free.
    const fd = openSync('/dev/null', 'r');
    closeSync(fd);
    return fd < descriptorLimit() - RESERVE;
  } catch {
    return false;
  }
}
