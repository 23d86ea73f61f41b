import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type Guestd, guestdFolder } from '../guestd.js';
import type { Host } from '../host.js';

/** The agent of the model, with a hook that records its calls, and a host. */
export class ModelAgent implements Disposable {
  readonly #folder = guestdFolder();
  readonly #hook = this.#folder.file('hook');
  readonly #failing = this.#folder.file('failing');
  readonly #callFile = this.#folder.file('calls');
  readonly #recordFile = this.#folder.file('guestd.freeze');
  #child: Guestd | undefined;
  #host: Host | undefined;

  constructor() {
    writeFileSync(this.#callFile, '');
    const script = `#!/bin/sh\nif [ -e ${this.#failing} ]; then exit 1; fi\necho $1 >> ${this.#callFile}\n`;
    writeFileSync(this.#hook, script, { mode: 0o755 });
  }

  /** Starts it, and connects the host. @param root in place of `/` */
  async serve(root: string, args: readonly string[]): Promise<void> {
    const options = ['--system-root', root, `-F${this.#hook}`, ...args];
    const { child, host } = await this.#folder.serve(options, { INVOCATION_ID: 'model' });
    this.#child = child;
    this.#host = host;
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
    this.#host?.[Symbol.dispose]();
  }

  /** Stops it by SIGTERM. Rejects if that does not succeed. */
  async stop(): Promise<void> {
    assert.deepEqual(await this.#end('SIGTERM'), [0, null]);
  }

  /** Connects another host. */
  async reconnect(): Promise<void> {
    this.#host?.[Symbol.dispose]();
    this.#host = await this.#folder.connect();
  }

  async ask(request: string): Promise<string> {
    const reply = await this.#host?.ask(request);
    assert.ok(reply !== undefined);
    return reply;
  }

  /** Sends a request without waiting for the reply. */
  send(request: string): void {
    this.#host?.send(request);
  }

  /** The arguments of the hook so far, without calls that have failed. */
  get calls(): readonly string[] {
    return readFileSync(this.#callFile, 'utf8').split('\n').slice(0, -1);
  }

  /** Makes the hook fail while `run` runs. */
  async withFailingHook(run: () => Promise<void>): Promise<void> {
    writeFileSync(this.#failing, '');
    try {
      await run();
    } finally {
      rmSync(this.#failing);
    }
  }

  /** The record file; an empty text without one. */
  get record(): string {
    try {
      return readFileSync(this.#recordFile, 'utf8');
    } catch {
      // The agent has removed it.
      return '';
    }
  }

  set record(text: string) {
    writeFileSync(this.#recordFile, text);
  }

  get hasFlagFile(): boolean {
    return existsSync(this.#folder.file('qga.state.isfrozen'));
  }

  [Symbol.dispose](): void {
    this.#host?.[Symbol.dispose]();
    this.#folder[Symbol.dispose]();
  }

  async #end(signal: NodeJS.Signals): Promise<unknown[]> {
    assert.ok(this.#child);
    const exit = once(this.#child, 'exit');
    this.#child.kill(signal);
    return await exit;
  }
}
