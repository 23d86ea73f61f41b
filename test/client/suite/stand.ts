import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Commands, Guest } from '@guestwire/client';
import { DIGEST_SCRIPT } from '../tree.js';

/** A guest in which the suite may use one folder. */
export interface Subject extends AsyncDisposable {
  /** Opens a separate connection. */
  connect(): Promise<Guest>;
  /** An empty folder in the guest, which the agent may write to. */
  readonly folder: string;
}

/** The properties of an agent that the suite needs. */
export interface SuiteOptions {
  /** The QEMU release that the agent has or implements. */
  readonly release: string;
  /** Commands of the contract that it does not have. */
  readonly absent: readonly (keyof Commands)[];
  /** Whether the guest may be frozen. Never true for the machine that runs the suite. */
  readonly mayFreeze: boolean;
  /** The number of files in the copied tree; 2000 if absent. */
  readonly files?: number;
  /** The size of a large file in bytes; 5 000 000 if absent, less for a slow transport. */
  readonly large?: number;
  /** Why the suite cannot run. */
  readonly skip?: string | false;
}

/** Returns whether a release is at least the other one. */
export function since(release: string, wanted: string): boolean {
  const [major = 0, minor = 0] = release.split('.').map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = wanted.split('.').map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

/** The guest and the folders that all tests share. The members are only valid while tests run. */
export class Stand implements AsyncDisposable {
  readonly options: SuiteOptions;
  /** Bytes of a large file, and of the pieces in which it travels where it is to take several. */
  readonly large: number;
  readonly chunkSize: number;
  #subject: Subject | undefined;
  #guest: Guest | undefined;
  #here: string | undefined;
  #count = 0;

  constructor(options: SuiteOptions) {
    this.options = options;
    this.large = options.large ?? 5_000_000;
    this.chunkSize = Math.ceil(this.large / 12);
  }

  async start(start: () => Promise<Subject>): Promise<void> {
    this.#subject = await start();
    this.#guest = await this.#subject.connect();
    this.#here = mkdtempSync(join(tmpdir(), 'guestwire-suite-'));
  }

  get subject(): Subject {
    return begun(this.#subject);
  }

  get guest(): Guest {
    return begun(this.#guest);
  }

  /** A folder of this machine. */
  get here(): string {
    return begun(this.#here);
  }

  /** Returns a new path in the guest. */
  fresh(): string {
    return `${this.subject.folder}/${this.#count++}`;
  }

  /** Returns a new path on this machine. */
  freshHere(): string {
    return join(this.here, String(this.#count++));
  }

  /** Runs a script in the guest and returns its output. */
  async shell(script: string, ...args: string[]): Promise<string> {
    const { stdout, stderr, exitCode } = await this.guest.exec('/bin/sh', [
      '-c',
      `PATH=$PATH:/usr/bin:/bin; ${script}`,
      'sh',
      ...args,
    ]);
    assert.equal(exitCode, 0, String(stderr));
    return stdout.toString('latin1').trim();
  }

  /** Returns a digest of the contents of a folder in the guest. */
  digestThere(folder: string): Promise<string> {
    return this.shell(DIGEST_SCRIPT, folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#here !== undefined) rmSync(this.#here, { recursive: true, force: true });
    await this.#guest?.close();
    await this.#subject?.[Symbol.asyncDispose]();
  }
}

function begun<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the guest has not been started');
  return value;
}
