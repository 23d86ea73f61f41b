import { constants } from 'node:fs';
import { unlink } from 'node:fs/promises';
import {
  closeFd,
  EEXIST,
  ELOOP,
  ENOENT,
  EXDEV,
  errnoOf,
  O_PATH,
  openBeneath,
  openFd,
  pathOfFd,
  statFd,
  systemError,
} from '@guestwire/posix';
import { encodeText } from '@guestwire/protocol/wire';
import { PolicyRefusal } from './decision.js';
import { matchesThroughLinks } from './linked-rule.js';
import type { FileAccess, PathRule, Policy } from './policy.js';

/*
 * Users of the guest may replace folders and files by links at any moment. So a path is resolved once, beneath the fixed
 * prefix of a rule, to a descriptor that opens nothing yet; the rules decide about the place of that descriptor; and the
 * contents are opened through it, not by a path.
 */

const { O_CREAT, O_DIRECTORY, O_EXCL } = constants;

/** A file that appears and vanishes between two steps is looked for again. */
const MAX_ATTEMPTS = 16;

/** A file that was opened, or created, for a host. Disposing closes its folder; the caller closes `fd`. */
export interface OpenedFile extends AsyncDisposable {
  readonly fd: number;
  readonly created: boolean;
  /** Removes the file that was created, if it is still in its place. */
  remove(): Promise<void>;
}

/** The place of a file that a policy allows to open. Disposing closes its descriptor. */
interface Place extends AsyncDisposable {
  /** The resolved, absolute path. */
  readonly path: string;
  /** Of the existing file, or of the folder for a new one; open with `O_PATH`. */
  readonly fd: number;
  /** The name of the new file; absent if the file exists. */
  readonly newName?: Buffer;
}

/** What a host has requested; a refusal names its path, not the one that links lead to, which the host may not know. */
interface FileRequest {
  readonly path: string;
  readonly accesses: readonly FileAccess[];
}

/** Opens files by the rules of a policy on paths. */
export class FileGuard {
  readonly #policy: Policy;
  readonly #useOpenat2: boolean;

  /** @param useOpenat2 false to open as on a kernel before 5.6; for tests */
  constructor(policy: Policy, useOpenat2 = true) {
    this.#policy = policy;
    this.#useOpenat2 = useOpenat2;
  }

  /**
   * Opens a regular file that the rules allow, or creates it with mode 0.
   * @param flags of `open`
   * @throws {PolicyRefusal} naming the rule, or a system error
   */
  async open(path: string, flags: number, accesses: readonly FileAccess[]): Promise<OpenedFile> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      await using place = await this.locate(path, accesses, (flags & O_CREAT) !== 0);
      if (place.newName === undefined) return await openExisting(place, flags);
      const created = await this.#create(place, place.newName, flags, { path, accesses });
      if (created !== undefined) return created;
    }
    // A link without a target is neither a file nor absent.
    throw systemError(ELOOP, 'open');
  }

  /**
   * Resolves a path to a place that the rules allow, and opens nothing there. Where no rule allows a path, the refusal does
   * not tell whether the file exists, nor where a link leads.
   * @param mayCreate true to accept a file that does not exist, in a folder that does
   * @throws {PolicyRefusal} or a system error
   */
  async locate(path: string, accesses: readonly FileAccess[], mayCreate: boolean): Promise<Place> {
    const request = { path, accesses };
    const requested = canonicalPath(path);
    // What a rule denies may be a link, whose target no rule names.
    const denying = this.#denying(accesses).find((rule) => rule.matches(requested));
    if (denying !== undefined) throw new PolicyRefusal(denying.text);
    const names = requested.slice(1).split('/');
    const prefix = this.#prefixFor(requested, request);
    const below = Buffer.from(encodeText(names.slice(prefix === '/' ? 0 : depthOf(prefix)).join('/')));
    await using base = await this.#openPrefix(prefix);
    try {
      return await this.#existing(base.fd, below, request).catch((error: unknown) => {
        if (mayCreate && errnoOf(error) === ENOENT) return this.#absent(base.fd, below, request);
        throw error;
      });
    } catch (error) {
      // The error for a path that is refused anyway must not tell whether the file exists, nor that it is a link.
      if (errnoOf(error) !== undefined) await this.#check(requested, request);
      if (errnoOf(error) === EXDEV) throw new PolicyRefusal(`${path} leaves ${prefix} through a link`);
      throw error;
    }
  }

  async #existing(base: number, below: Buffer, request: FileRequest): Promise<Place> {
    const place = await this.#openPath(base, below, 0);
    try {
      const path = await checkedPath(place.fd);
      const stats = await statFd(place.fd);
      await this.#check(path, request);
      if (!stats.isFile()) throw new PolicyRefusal(`${request.path} is not a regular file`);
      if (stats.nlink > 1 && !this.#policy.rules.hardLinks) {
        throw new PolicyRefusal(`${request.path} has ${stats.nlink} hard links, and hard-links is not true`);
      }
      return { ...place, path };
    } catch (error) {
      await place[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #absent(base: number, below: Buffer, request: FileRequest): Promise<Place> {
    const slash = below.lastIndexOf('/');
    const folder = slash < 0 ? Buffer.from('.') : below.subarray(0, slash);
    const newName = below.subarray(slash + 1);
    const place = await this.#openPath(base, folder, O_DIRECTORY);
    try {
      const path = `${(await checkedPath(place.fd)).replace(/\/$/, '')}/${newName}`;
      await this.#check(path, request);
      return { ...place, path, newName };
    } catch (error) {
      await place[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Returns undefined if there is a file of that name by now. */
  async #create(
    place: Place,
    name: Buffer,
    flags: number,
    request: FileRequest,
  ): Promise<OpenedFile | undefined> {
    const folder = await openFd(`/proc/self/fd/${place.fd}`, O_PATH | O_DIRECTORY);
    const options = { flags: flags | O_EXCL, mode: 0, links: 'none', useOpenat2: this.#useOpenat2 } as const;
    const fd = await openBeneath(folder, name, options).catch(async (error: unknown) => {
      await closeFd(folder);
      if (errnoOf(error) === EEXIST) return undefined;
      throw error;
    });
    if (fd === undefined) return undefined;
    const file: OpenedFile = {
      fd,
      created: true,
      remove: () => unlinkSame(folder, name, fd),
      [Symbol.asyncDispose]: () => closeFd(folder),
    };
    try {
      // The folder may have been moved to another place since it was checked.
      await this.#check(await checkedPath(fd), request);
      return file;
    } catch (error) {
      await file.remove();
      await closeFd(fd);
      await file[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** @throws {PolicyRefusal} unless every access is allowed */
  async #check(path: string, { path: name, accesses }: FileRequest): Promise<void> {
    for (const access of accesses) {
      const { allowed, rule } = this.#policy.path(path, access, name);
      if (!allowed) throw new PolicyRefusal(rule);
    }
    for (const { glob, text } of this.#denying(accesses)) {
      if (await matchesThroughLinks(glob, path)) throw new PolicyRefusal(text);
    }
  }

  #denying(accesses: readonly FileAccess[]): readonly PathRule[] {
    const paths = this.#policy.rules.paths ?? [];
    return paths.filter(({ effect, access }) => effect === 'deny' && accesses.includes(access));
  }

  /** Returns the folder below which the path is resolved: all rules that may allow it are about paths below it. */
  #prefixFor(path: string, { path: name, accesses }: FileRequest): string {
    const prefixes = accesses.map((access) => {
      const { allowed, rule } = this.#policy.access(access);
      if (!allowed) throw new PolicyRefusal(rule);
      const rules = (this.#policy.rules.paths ?? []).filter(
        ({ effect, access: own, glob }) =>
          effect === 'allow' && own === access && isBelow(path, glob.fixedPrefix),
      );
      const shortest = shortestOf(rules.map(({ glob }) => glob.fixedPrefix));
      if (shortest === undefined) throw new PolicyRefusal(this.#policy.path(path, access, name).rule);
      return shortest;
    });
    return prefixes.reduce((a, b) => (a.length > b.length ? a : b), '/');
  }

  async #openPrefix(prefix: string): Promise<Pick<Place, 'fd'> & AsyncDisposable> {
    const root = await openFd('/', O_PATH | O_DIRECTORY);
    if (prefix === '/') return closing(root);
    try {
      const below = Buffer.from(prefix.slice(1));
      const flags = O_PATH | O_DIRECTORY;
      return closing(await openBeneath(root, below, { flags, links: 'none', useOpenat2: this.#useOpenat2 }));
    } catch (error) {
      if (errnoOf(error) !== ELOOP) throw error;
      throw new PolicyRefusal(`${prefix} of a rule is, or is below, a symbolic link`);
    } finally {
      await closeFd(root);
    }
  }

  async #openPath(base: number, below: Buffer, flags: number): Promise<Pick<Place, 'fd'> & AsyncDisposable> {
    const options = { flags: O_PATH | flags, links: 'beneath', useOpenat2: this.#useOpenat2 } as const;
    return closing(await openBeneath(base, below, options));
  }
}

/** Opens what a descriptor refers to, with other flags: the kernel resolves no path for this link. */
async function openExisting({ fd }: Place, flags: number): Promise<OpenedFile> {
  const opened = await openFd(`/proc/self/fd/${fd}`, flags & ~O_CREAT);
  return {
    fd: opened,
    created: false,
    remove: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function closing(fd: number): Pick<Place, 'fd'> & AsyncDisposable {
  return { fd, [Symbol.asyncDispose]: () => closeFd(fd) };
}

/** Returns an absolute path of a file without empty and `.` components. @throws {PolicyRefusal} for other paths, and `..` */
export function canonicalPath(path: string): string {
  if (!path.startsWith('/')) throw new PolicyRefusal(`the path '${path}' is not absolute`);
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  if (names.includes('..')) throw new PolicyRefusal(`the path '${path}' contains ..`);
  if (names.length === 0 || /\/\.?$/.test(path)) throw new PolicyRefusal(`'${path}' is not a regular file`);
  return `/${names.join('/')}`;
}

/** Returns the path of a descriptor. The kernel marks the path of a removed file. */
async function checkedPath(fd: number): Promise<string> {
  const path = (await pathOfFd(fd)).toString();
  if (path.startsWith('/') && !path.endsWith(' (deleted)')) return path;
  throw systemError(ENOENT, 'open');
}

/** Removes a file by its name in a folder, unless the name is that of another file by now. */
async function unlinkSame(folder: number, name: Buffer, fd: number): Promise<void> {
  const path = Buffer.concat([Buffer.from(`/proc/self/fd/${folder}/`), name]);
  try {
    const place = await openFd(path, O_PATH | constants.O_NOFOLLOW);
    const [named, opened] = await Promise.all([statFd(place), statFd(fd)]).finally(() => closeFd(place));
    if (named.ino === opened.ino && named.dev === opened.dev) await unlink(path);
  } catch (error) {
    if (errnoOf(error) !== ENOENT) throw error;
  }
}

function isBelow(path: string, folder: string): boolean {
  return folder === '/' || path.startsWith(`${folder}/`);
}

function depthOf(folder: string): number {
  return folder.split('/').length - 1;
}

function shortestOf(texts: readonly string[]): string | undefined {
  return texts.reduce<string | undefined>(
    (shortest, text) => (shortest === undefined || text.length < shortest.length ? text : shortest),
    undefined,
  );
}
