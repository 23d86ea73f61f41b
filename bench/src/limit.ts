import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Sample } from './metrics.js';
import { type MeasuredProgram, startMeasured } from './programs.js';
import { rawClient } from './raw-client.js';
import { megabytesPerSecond, transfer } from './transfer.js';

const SIZE = 2 ** 20;
const PROGRAM = fileURLToPath(new URL('limit-program.js', import.meta.url));

/** Bytes of the request and the reply of a transfer of 1 MiB; one of both is base64, and the other is short. */
const LONG = Math.ceil(SIZE / 3) * 4 + 75;
const SHORT = 66;

/**
 * Measures writes and reads of 1 MiB beside the same bytes over a socket between two processes that do nothing else, in megabytes of
 * decoded data per second, and as a percentage.
 */
export async function measureLimit(program: MeasuredProgram, file: string, effort: number): Promise<Sample> {
  const requests = Math.max(4, Math.round(100 * effort));
  await using agent = await startMeasured(program);
  await using client = await rawClient(agent.socket);
  await transfer(client, file, SIZE, requests); // warm-up
  const reached = await transfer(client, file, SIZE, requests);
  const write = await exchange(LONG, SHORT, requests);
  const read = await exchange(SHORT, LONG, requests);
  return {
    'limit.write': write,
    'limit.write.share': (100 * reached.write) / write,
    'limit.read': read,
    'limit.read.share': (100 * reached.read) / read,
  };
}

/** Returns the speed of exchanges of 1 MiB of data between two processes. */
async function exchange(request: number, reply: number, count: number): Promise<number> {
  const sizes = [String(request), String(reply), String(count)];
  // Node makes the pipe of a child as a pair of unix sockets.
  const server = spawn(process.execPath, [PROGRAM, 'server', ...sizes], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const ended = once(server, 'exit');
  const client = spawn(process.execPath, [PROGRAM, 'client', ...sizes], {
    stdio: [server.stdin, 'pipe', 'inherit'],
  });
  let output = '';
  client.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  client.once('exit', (code) => code !== 0 && server.kill());
  await Promise.all([once(client, 'close'), ended]);
  server.stdin.destroy();
  const milliseconds = Number(output);
  if (!(milliseconds > 0)) throw new Error('the processes for the limit of the socket failed');
  return megabytesPerSecond(SIZE * count, milliseconds);
}
