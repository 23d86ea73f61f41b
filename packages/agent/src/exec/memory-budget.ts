/** Limits the memory that several owners hold together. */
export class MemoryBudget {
  #available: number;
  readonly #reclaim: () => boolean;

  /**
   * @param bytes the limit
   * @param reclaim called if there is not enough: releases something dispensable, or returns false
   */
  constructor(bytes: number, reclaim: () => boolean) {
    this.#available = bytes;
    this.#reclaim = reclaim;
  }

  /** Returns false if `bytes` are not available. */
  acquire(bytes: number): boolean {
    while (this.#available < bytes) if (!this.#reclaim()) return false;
    this.#available -= bytes;
    return true;
  }

  release(bytes: number): void {
    this.#available += bytes;
  }
}
