import { Worker } from 'node:worker_threads';
import { CurrentInput } from './current-input.js';
import type { Finding, FuzzStatistics } from './fuzzer.js';
import { loadTarget } from './load-target.js';
import { maxLengthOf } from './target.js';
import type { WorkerMessage, WorkerTask } from './worker-task.js';

export interface RunOptions extends Pick<WorkerTask, 'module' | 'corpus' | 'seed' | 'runs' | 'seconds'> {
  /** The most memory of the target's JavaScript objects, in MiB. */
  readonly memoryMb?: number;
  /** Called about once a second. */
  readonly onProgress?: (statistics: FuzzStatistics, milliseconds: number) => void;
}

export interface RunResult {
  readonly statistics: FuzzStatistics;
  /** Without the time in which the corpus was loaded. */
  readonly milliseconds: number;
  readonly findings: readonly Finding[];
  readonly corpus: readonly Buffer[];
}

/** An input that takes longer never ends, even on a busy machine. */
const INPUT_TIMEOUT_MS = 60_000;
const WATCH_INTERVAL_MS = 1000;
const DEFAULT_MEMORY_MB = 512;

const NOTHING: FuzzStatistics = { executions: 0, corpus: 0, coverage: 0, outcomes: 0, findings: 0 };

/** Fuzzes a target in a thread. An input that never ends, or that exhausts the memory, is a finding and ends the run. */
export async function runTarget(options: RunOptions): Promise<RunResult> {
  const { onProgress, memoryMb = DEFAULT_MEMORY_MB, ...task } = options;
  const current = new CurrentInput(maxLengthOf(await loadTarget(task.module)));
  const worker = new Worker(new URL('./worker.js', import.meta.url), {
    workerData: { ...task, memory: current.memory } satisfies WorkerTask,
    resourceLimits: { maxOldGenerationSizeMb: memoryMb },
  });
  let last: Pick<RunResult, 'statistics' | 'milliseconds'> = { statistics: NOTHING, milliseconds: 0 };
  using watch = watchInputs(current);
  // From the start: a thread that ends at once reports its result and its end in one call.
  const exited = new Promise((resolve) => worker.once('exit', resolve));
  const done = new Promise<RunResult>((resolve, reject) => {
    worker.on('message', (message: WorkerMessage) => {
      if (message.kind === 'done') {
        resolve({ ...message, corpus: message.corpus.map((input) => Buffer.from(input)) });
      } else {
        last = message;
        onProgress?.(message.statistics, message.milliseconds);
      }
    });
    const end = (signature: string, message: string): void => {
      const finding: Finding = { signature, message, stack: '', input: current.get() };
      resolve({ ...last, findings: [finding], corpus: [] });
    };
    worker.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') end('memory', `takes more than ${memoryMb} MiB`);
      else reject(error);
    });
    worker.on('exit', (code) => reject(new Error(`the target ended its thread with status ${code}`)));
    watch.onTimeout = () => end('endless', `does not end within ${INPUT_TIMEOUT_MS / 1000} s`);
  });
  try {
    const result = await done;
    // The target removes its files at the end of the thread.
    if (result.corpus.length > 0) await exited;
    return result;
  } finally {
    await worker.terminate();
  }
}

interface Watch extends Disposable {
  onTimeout: () => void;
}

function watchInputs(current: CurrentInput): Watch {
  let seen = -1;
  let since = performance.now();
  const timer = setInterval(() => {
    if (current.runs !== seen) {
      seen = current.runs;
      since = performance.now();
    } else if (seen !== 0 && performance.now() - since > INPUT_TIMEOUT_MS) watch.onTimeout();
  }, WATCH_INTERVAL_MS);
  const watch: Watch = {
    onTimeout: () => {},
    [Symbol.dispose]: () => clearInterval(timer),
  };
  return watch;
}
