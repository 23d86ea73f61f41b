import { closeSync, openSync } from 'node:fs';
import { ioctl } from '@guestwire/posix';
import { run, type StorageStack, storageStack } from '../storage-stack.js';
import { NAMES, type Name } from './expected-state.js';

const FIFREEZE = 0xc0045877;
const FITHAW = 0xc0045878;

/** The filesystems of the model. Each also has a mount point that only the test uses. */
export class ModelFilesystems implements Disposable {
  readonly #stack: StorageStack = storageStack();
  readonly #devices: string[] = [];
  /** A descriptor of each filesystem. */
  readonly #probes = new Map<Name, number>();

  /** To be given to an agent in place of `/`. */
  get root(): string {
    return this.#stack.root;
  }

  /** Makes and mounts all. */
  make(): void {
    for (const name of NAMES) {
      const image = `${name === 'c' ? this.#probePath('a') : this.#stack.folder.path}/${name}.img`;
      run('truncate', '-s', name === 'c' ? '8M' : '32M', image);
      run('mkfs.ext4', '-q', image);
      const device = run('losetup', '--find', '--show', image).trim();
      this.#devices.push(device);
      this.#probes.set(name, openSync(this.#stack.mount(device, this.#probePath(name)), 'r'));
      this.mount(name);
    }
  }

  /** The mount point that the agent sees. */
  path(name: Name): string {
    return this.#stack.folder.file(name);
  }

  mount(name: Name): void {
    this.#stack.mount('--bind', this.#probePath(name), this.path(name));
  }

  /** Mounts another filesystem over the mount point. */
  cover(name: Name): void {
    this.#stack.mount('-t', 'tmpfs', 'cover', this.path(name));
  }

  /** Removes what was mounted last at the mount point. */
  unmount(name: Name): void {
    this.#stack.unmount(this.path(name));
  }

  /** Writes the mount list of the agent, in the order of `mounted`. */
  list(mounted: ReadonlySet<Name>): void {
    this.#stack.list(...NAMES.filter((name) => mounted.has(name)).map((name) => this.path(name)));
  }

  /** Freezes one. Returns the error number, 0 for success. */
  freeze(name: Name): Promise<number> {
    return this.#call(name, FIFREEZE);
  }

  /** Thaws one. Returns the error number, 0 for success. */
  thaw(name: Name): Promise<number> {
    return this.#call(name, FITHAW);
  }

  [Symbol.dispose](): void {
    for (const probe of this.#probes.values()) closeSync(probe);
    this.#stack[Symbol.dispose]();
    for (const device of this.#devices) run('losetup', '--detach', device);
  }

  async #call(name: Name, request: number): Promise<number> {
    return Math.abs(await ioctl(this.#probes.get(name) ?? -1, request));
  }

  #probePath(name: Name): string {
    return this.#stack.folder.file(`probe-${name}`);
  }
}
