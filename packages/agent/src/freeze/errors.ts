import { OperationError, RefusedError } from '../operation-error.js';
import type { EarlyThaw } from './record-format.js';

/** A freeze was requested while one is in progress or held, or while the agent stops. */
export class FreezeUnavailableError extends RefusedError {
  constructor() {
    super('a freeze or a thaw is in progress, or the agent is stopping');
  }
}

/** Returns the error of a freeze that took longer than its limit. */
export function overdueError(seconds: number): OperationError {
  return new OperationError(`the freeze was not complete within ${seconds} seconds`);
}

/** Returns the error of the first thaw after the agent had thawed by itself. */
export function earlyThawError({ at, reason }: EarlyThaw): OperationError {
  return new OperationError(
    `filesystems were thawed at ${at} by the agent: ${reason}; the snapshot may be inconsistent`,
  );
}

/** Returns the error of a freeze that was cancelled by a request to thaw, or by the stop of the agent. */
export function thawRequestedError(): OperationError {
  return new OperationError('a thaw was requested before the freeze was complete');
}
