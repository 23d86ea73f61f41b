const IDLE_MS = 400;

/** Calls a function once nothing has been used for 400 to 800 ms. Does not keep the process alive. */
export class IdleTimer {
  readonly #onIdle: () => void;
  #isRunning = false;
  #isUsed = false;

  constructor(onIdle: () => void) {
    this.#onIdle = onIdle;
  }

  /** Starts the time again. Costs nothing while a timer runs. */
  use(): void {
    this.#isUsed = true;
    if (!this.#isRunning) this.#wait();
  }

  #wait(): void {
    this.#isRunning = true;
    this.#isUsed = false;
    setTimeout(() => {
      this.#isRunning = false;
      if (this.#isUsed) this.#wait();
      else this.#onIdle();
    }, IDLE_MS).unref();
  }
}
