import type { Finding, FuzzStatistics } from './fuzzer.js';

/** What a worker runs. */
export interface WorkerTask {
  /** The path of the target's compiled module. */
  readonly module: string;
  /** The paths of files with inputs. */
  readonly corpus: readonly string[];
  readonly memory: SharedArrayBuffer;
  readonly seed: number;
  /** The run ends after this number of new inputs or after these seconds. */
  readonly runs: number;
  readonly seconds: number;
}

/** What a worker reports. */
export type WorkerMessage =
  | { readonly kind: 'progress'; readonly statistics: FuzzStatistics; readonly milliseconds: number }
  | {
      readonly kind: 'done';
      readonly statistics: FuzzStatistics;
      readonly milliseconds: number;
      readonly findings: readonly Finding[];
      readonly corpus: readonly Uint8Array[];
    };
