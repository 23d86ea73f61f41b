/**
 * Every way in which guestd answers otherwise than qemu-ga 10.0, on purpose.
 *
 * A conversation that shows one names it (`differs ID`) and records what ours answers (`ours<`). The same ID stands in
 * `docs/compatibility.md`, beside what it means for a host.
 */
export const differences: Readonly<Record<string, string>> = {
  'short-read':
    'A FIFO or terminal with fewer bytes ready than asked for: qemu-ga loses them, guestd returns them.',
};
