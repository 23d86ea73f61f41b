/** How long to look for the next request, in milliseconds: about as long as a host on this machine thinks. */
const MOMENT_MS = 0.2;

/**
 * Keeps the event loop turning for a moment after each call, instead of letting the process sleep at once.
 *
 * A host that asks one thing after another sends the next request some ten microseconds after a reply, and to wake
 * a processor that has gone to sleep takes longer than that, in a virtual machine above all. An idle agent sleeps as
 * ever: the cost is one moment after the last reply.
 */
export function createLinger(): () => void {
  let until = 0;
  let turning = false;
  const turn = (): void => {
    turning = performance.now() < until;
    if (turning) setImmediate(turn);
  };
  return () => {
    until = performance.now() + MOMENT_MS;
    if (turning) return;
    turning = true;
    setImmediate(turn);
  };
}
