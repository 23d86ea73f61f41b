import { CommandError } from '@guestwire/protocol';
import { execCommands } from '@guestwire/protocol/contract';
import { GuestProcesses } from '../exec/guest-processes.js';
import type { Environment } from '../exec/helper.js';
import type { GuestSystem } from '../guest/guest-system.js';
import type { ActivePolicy, Policy } from '../policy/policy.js';
import { ProgramGuard } from '../policy/program-guard.js';
import type { CommandModule } from '../rpc/command-module.js';
import { builtInModule } from './built-in-module.js';

/** The exec commands and their processes. Disposing closes the pipes and leaves the processes running. */
export interface ExecModule extends CommandModule<typeof execCommands>, Disposable {}

export interface ExecOptions extends Pick<GuestSystem, 'log' | 'env'> {
  /** The rules for programs that are started from now on. */
  readonly policy?: ActivePolicy;
}

/** Returns the exec commands (qemu-ga §5.8). All hosts share the processes, which outlive connections. */
export function execModule({ log, env: inherited, policy }: ExecOptions): ExecModule {
  const processes = new GuestProcesses(log);
  const module = builtInModule({
    schema: execCommands,
    traits: { 'guest-exec-status': { independent: true } },
    handlers: {
      'guest-exec-status'({ pid }) {
        log.syslog(`guest-exec-status called, pid: ${BigInt.asUintN(32, BigInt(pid))}`);
        const status = processes.report(pid);
        // qemu-ga omits the number.
        if (status === undefined) throw new CommandError('PID ld does not exist');
        return status;
      },

      async 'guest-exec'({ path, arg = [], env, 'input-data': data, 'capture-output': capture = 'none' }) {
        const input = data?.decode();
        log.syslog(`guest-exec called: "${[path, ...arg].join(' ')}"`);
        const guard = guardOf(policy?.current);
        if (env !== undefined) guard?.checkEnvironment(env);
        const pid = await processes.start({
          name: path,
          args: arg,
          env: env ?? entries(inherited),
          path: inherited['PATH'],
          guard,
          input,
          capture: typeof capture === 'boolean' ? (capture ? 'separated' : 'none') : capture,
        });
        return { pid };
      },
    },
  });
  return { ...module, [Symbol.dispose]: () => processes[Symbol.dispose]() };
}

function guardOf(policy: Policy | undefined): ProgramGuard | undefined {
  return policy?.rules.programs === undefined ? undefined : new ProgramGuard(policy);
}

function entries(env: Environment): string[] {
  return Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
}
