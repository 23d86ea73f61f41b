import type { CallOptions } from '../../time.js';

/** The progress of a copy. */
export interface CopyProgress {
  /** The current file, relative to the source. A name from the guest is not trusted. */
  readonly path: string;
  /** Bytes of the file at the destination, including those of an interrupted copy. */
  readonly fileBytes: number;
  /** Size of the file in bytes; `undefined` if not known. */
  readonly fileSize: number | undefined;
  /** Bytes of all files at the destination. */
  readonly bytes: number;
  /** Size of all files in bytes; `undefined` if not known. */
  readonly totalBytes: number | undefined;
  /** The number of completed files. */
  readonly files: number;
  readonly totalFiles: number | undefined;
}

/** The options of `copyTo` and `copyFrom`. */
export interface CopyOptions extends CallOptions {
  /** Copies folders with their contents; if absent, a folder is an error. */
  readonly recursive?: boolean;
  /** Copies permissions; true if absent. With false, files get 0644 and folders 0755. */
  readonly preserveMode?: boolean;
  /**
   * Skips files whose destination has the same contents, and resumes an interrupted copy of a file if its bytes are still the same;
   * true if absent.
   */
  readonly resume?: boolean;
  /** Compares the SHA-256 of source and copy before the copy is renamed; true if absent. */
  readonly verify?: boolean;
  /** Bytes per request; adapted to the speed of the transport if absent. */
  readonly chunkSize?: number;
  readonly onProgress?: (event: CopyProgress) => void;
}

/** The result of a copy. */
export interface CopySummary {
  /** The number of files at the destination, including unchanged ones. */
  readonly files: number;
  readonly folders: number;
  /** The number of symbolic links. */
  readonly links: number;
  /** The size of those files in bytes. */
  readonly bytes: number;
  /** The number of files that were skipped because the destination had the same contents. */
  readonly unchanged: number;
  /** The number of files whose interrupted copy was resumed. */
  readonly resumed: number;
  /** The number of devices, sockets and pipes, which are not copied. */
  readonly skipped: number;
  /** True if the SHA-256 of every file was compared. */
  readonly verified: boolean;
  readonly milliseconds: number;
}
