/** How a thaw is carried out. */
export interface ThawRequest {
  /** True for `guest-fsfreeze-thaw`, which also runs the hook if nothing was frozen (qemu-ga §5.10). */
  readonly explicit: boolean;
  /** Thaws filesystems that other programs have frozen, too. */
  readonly others: boolean;
}

/** The result of a thaw that the kernel has confirmed. */
export interface ThawResult {
  /** The number of filesystems that were frozen. */
  readonly count: number;
  /** All is thawed, but something else has failed: the hook, or reading the list of mounts. */
  readonly failure: unknown;
}
