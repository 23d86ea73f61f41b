import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

/** An event of QEMU. */
export interface MonitorEvent {
  readonly event: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** QEMU's monitor (QMP). */
export interface Monitor extends Disposable {
  /** Runs a command of QEMU; rejects on an error reply or when QEMU closes the monitor. */
  execute(command: string, args?: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** Returns the next event of this name, or the first earlier one that was not returned yet. */
  event(name: string): Promise<MonitorEvent>;
  /** Drops the events so far. */
  forget(): void;
}

/** Connects to a socket that exists but may not be listening yet. */
async function connectSoon(path: string): Promise<Socket> {
  for (const deadline = Date.now() + 60_000; ; ) {
    const socket = connect({ path });
    try {
      await once(socket, 'connect');
      return socket;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED' || Date.now() > deadline) throw error;
      await delay(20);
    }
  }
}

/**
 * Describes a machine that hangs: QEMU's status, three samples of the instruction pointer, and the number of translations
 * that QEMU keeps (`translationCache`).
 */
export async function whereItStands(monitor: Monitor): Promise<string> {
  const ask = async (line: string): Promise<string> =>
    String(await monitor.execute('human-monitor-command', { 'command-line': line }));
  const found = [JSON.stringify(await monitor.execute('query-status'))];
  for (let look = 1; look <= 3; look++) {
    const registers = await ask('info registers');
    found.push(...(/\b[ER]?IP=\w+/.exec(registers) ?? []), ...(/\bHLT=\d/.exec(registers) ?? []));
    await delay(100);
  }
  return [...found, ...(/TB count +\d+/.exec(await ask('info jit')) ?? [])].join(' ');
}

/** Connects to QEMU's monitor and completes the negotiation. After it QEMU listens on all its sockets. */
export async function openMonitor(path: string): Promise<Monitor> {
  const socket = await connectSoon(path);
  const events: MonitorEvent[] = [];
  let waiting: { name: string; resolve(event: MonitorEvent): void; reject(error: Error): void }[] = [];
  let replies: { resolve(value: unknown): void; reject(error: Error): void }[] = [];

  /** Passes events to pending calls. */
  const deliver = (): void => {
    waiting = waiting.filter(({ name, resolve }) => {
      const index = events.findIndex(({ event }) => event === name);
      const [found] = index < 0 ? [] : events.splice(index, 1);
      if (found !== undefined) resolve(found);
      return found === undefined;
    });
  };
  const lines = createInterface({ input: socket });
  lines.on('line', (line) => {
    const message: Record<string, unknown> = JSON.parse(line);
    if (typeof message['event'] === 'string') {
      events.push({ event: message['event'], data: message['data'] as Record<string, unknown> });
      deliver();
    } else if ('return' in message) replies.shift()?.resolve(message['return']);
    else if ('error' in message) replies.shift()?.reject(new Error(JSON.stringify(message['error'])));
  });
  for (const each of [socket, lines]) each.on('error', () => {}); // 'close' follows.
  socket.on('close', () => {
    const gone = new Error('QEMU closed its monitor');
    for (const { reject } of [...waiting, ...replies]) reject(gone);
    waiting = [];
    replies = [];
  });

  const monitor: Monitor = {
    execute: (command, args) =>
      new Promise((resolve, reject) => {
        replies.push({ resolve, reject });
        socket.write(`${JSON.stringify({ execute: command, arguments: args })}\n`);
      }),
    event: (name) =>
      new Promise((resolve, reject) => {
        waiting.push({ name, resolve, reject });
        deliver();
        if (socket.closed) reject(new Error('QEMU closed its monitor'));
      }),
    forget: () => void events.splice(0),
    [Symbol.dispose]: () => socket.destroy(),
  };
  await monitor.execute('qmp_capabilities');
  return monitor;
}
