import type { CallOptions } from '../../deadline.js';

/** How far a copy is. */
export interface CopyProgress {
  /** The file that is being copied, within what is copied. A guest's name: do not trust it. */
  readonly path: string;
  /** Bytes of it that are there, those of an earlier, interrupted copy included. */
  readonly fileBytes: number;
  /** How long it is; `undefined` if that is not known. */
  readonly fileSize: number | undefined;
  /** Bytes of all files that are there. */
  readonly bytes: number;
  /** How long all are together; `undefined` if that is not known. */
  readonly totalBytes: number | undefined;
  /** Files that are done. */
  readonly files: number;
  readonly totalFiles: number | undefined;
}

/** How files are copied. */
export interface CopyOptions extends CallOptions {
  /** Copies folders with everything in them; else a folder is an error. */
  readonly recursive?: boolean;
  /** Gives the copies the permissions of what they are copies of; true if absent. Else they are 0644, folders 0755. */
  readonly preserveMode?: boolean;
  /**
   * Leaves out files that are there already, with the same bytes, and goes on where an interrupted copy of the same file
   * ended, after making sure that what is there is the same; true if absent.
   */
  readonly resume?: boolean;
  /** Compares the SHA-256 of source and copy before the copy is put in its place; true if absent. */
  readonly verify?: boolean;
  /** Bytes to carry with one request; adapted to the way if absent. */
  readonly chunkSize?: number;
  readonly onProgress?: (event: CopyProgress) => void;
}

/** What a copy did. */
export interface CopySummary {
  /** Files that are in place, those that were there already included. */
  readonly files: number;
  readonly folders: number;
  /** Symbolic links. */
  readonly links: number;
  /** Bytes of those files. */
  readonly bytes: number;
  /** Files that were there already, with the same bytes, and were not carried again. */
  readonly unchanged: number;
  /** Files of which a part was there already. */
  readonly resumed: number;
  /** What was left out because it is neither file nor folder nor link: devices, sockets, pipes. */
  readonly skipped: number;
  /** True if the SHA-256 of every file was compared. */
  readonly verified: boolean;
  readonly milliseconds: number;
}
