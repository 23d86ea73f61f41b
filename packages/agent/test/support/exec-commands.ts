import { setImmediate } from 'node:timers/promises';
import { Base64Data } from '@guestwire/protocol';
import type { GuestExecCaptureOutput, GuestExecStatus } from '@guestwire/protocol/contract';
import type { Int64 } from '@guestwire/schema';
import { type ExecModule, execModule } from '../../src/commands/exec.js';
import type { Logger } from '../../src/log/logger.js';
import { silentLogger } from '../../src/log/logger.js';
import type { ActivePolicy } from '../../src/policy/policy.js';
import { context } from './command-context.js';

/** What may be said about a program beside its path. */
export interface ExecOptions {
  readonly arg?: string[];
  readonly env?: string[];
  readonly input?: string | Buffer;
  readonly capture?: GuestExecCaptureOutput;
}

/** How a process ended, with text (a character for each byte) in place of base64. */
export interface Ended {
  readonly exitcode?: Int64;
  readonly signal?: Int64;
  readonly out?: string;
  readonly err?: string;
  readonly outTruncated?: boolean;
  readonly errTruncated?: boolean;
}

/** The commands on processes as a host uses them. */
export class ExecCommands implements Disposable {
  readonly module: ExecModule;

  constructor(options: { env?: Record<string, string>; log?: Logger; policy?: ActivePolicy } = {}) {
    const { env = { PATH: '/usr/bin:/bin' }, log = silentLogger, policy } = options;
    this.module = execModule({ log, env, ...(policy && { policy }) });
  }

  /** Starts a program and gives its number. */
  async start(path: string, { arg, env, input, capture }: ExecOptions = {}): Promise<Int64> {
    const { pid } = await this.module.handlers['guest-exec'](
      {
        path,
        ...(arg && { arg }),
        ...(env && { env }),
        ...(input !== undefined && {
          'input-data': Base64Data.fromText(Buffer.from(input).toString('base64')),
        }),
        ...(capture !== undefined && { 'capture-output': capture }),
      },
      context,
    );
    return pid;
  }

  async status(pid: Int64): Promise<GuestExecStatus> {
    return this.module.handlers['guest-exec-status']({ pid }, context);
  }

  /** Asks until the process has ended. */
  async ended(pid: Int64): Promise<Ended> {
    for (;;) {
      const status = await this.status(pid);
      if (status.exited) return inText(status);
      await setImmediate();
    }
  }

  /** Starts a program and waits for its end. */
  async run(path: string, options?: ExecOptions): Promise<Ended> {
    return this.ended(await this.start(path, options));
  }

  /** Runs a script of the shell with all output captured. */
  async shell(script: string, options?: ExecOptions): Promise<Ended> {
    return this.run('/bin/sh', { capture: true, ...options, arg: ['-c', script, ...(options?.arg ?? [])] });
  }

  [Symbol.dispose](): void {
    this.module[Symbol.dispose]();
  }
}

function inText(status: GuestExecStatus): Ended {
  const { exitcode, signal, 'out-data': out, 'err-data': err } = status;
  const { 'out-truncated': outTruncated, 'err-truncated': errTruncated } = status;
  return {
    ...(exitcode !== undefined && { exitcode }),
    ...(signal !== undefined && { signal }),
    ...(out !== undefined && { out: out.decode().toString('latin1') }),
    ...(err !== undefined && { err: err.decode().toString('latin1') }),
    ...(outTruncated !== undefined && { outTruncated }),
    ...(errTruncated !== undefined && { errTruncated }),
  };
}
