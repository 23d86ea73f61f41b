/** About as long as a host on this machine takes to send its next request. */
const BUSY_POLL_MS = 0.2;

/**
 * Returns a function that keeps the event loop busy for a moment after each call, instead of letting the process sleep.
 *
 * A host often sends its next request some ten microseconds after a reply, and waking a sleeping processor takes longer
 * than that, above all in a virtual machine. An idle agent sleeps: the cost is one moment after the last reply.
 */
export function createBusyPoll(): () => void {
  let until = 0;
  let polling = false;
  const turn = (): void => {
    polling = performance.now() < until;
    if (polling) setImmediate(turn);
  };
  return () => {
    until = performance.now() + BUSY_POLL_MS;
    if (polling) return;
    polling = true;
    setImmediate(turn);
  };
}
