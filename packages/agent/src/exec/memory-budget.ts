/** An amount of memory that may be held at one time, whoever holds it. */
export class MemoryBudget {
  #left: number;
  readonly #makeRoom: () => boolean;

  /**
   * @param bytes how much may be held
   * @param makeRoom called when there is not enough: lets go of something that can be spared, or answers false
   */
  constructor(bytes: number, makeRoom: () => boolean) {
    this.#left = bytes;
    this.#makeRoom = makeRoom;
  }

  /** Asks for so many bytes; the answer may be no. */
  take(bytes: number): boolean {
    while (this.#left < bytes) if (!this.#makeRoom()) return false;
    this.#left -= bytes;
    return true;
  }

  /** Gives back what was taken. */
  give(bytes: number): void {
    this.#left += bytes;
  }
}
