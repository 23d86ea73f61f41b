import type { GuestCalls } from '../../calls.js';
import type { CallOptions } from '../../deadline.js';
import { GuestError } from '../../guest-error.js';
import type { ChunkSize } from '../chunk-size.js';
import { runScript } from '../guest-shell.js';
import { nulList, type RawPath, shown } from './raw-path.js';

const CATENATE = `
cd -- "$1" && xargs -0 cat
`;

/**
 * The bytes of files in the guest, one after the other. They must be small together: an agent keeps 16 MiB of an
 * output.
 */
export async function readAll(
  guest: GuestCalls,
  folder: string,
  files: readonly RawPath[],
  limits: CallOptions,
): Promise<Buffer> {
  const options = { ...limits, args: [folder], input: nulList(files) };
  return (await runScript(guest, `read files in ${folder}`, CATENATE, options)).stdout;
}

const PORTION = `
cd -- "$1" && xargs -0 sh -c 'tail -c "+$(($1 + 1))" "$3" | head -c "$2"' sh "$2" "$3"
`;

/** What of an output is surely kept. */
const MOST = 8 * 2 ** 20;

/** The bytes of a file that the agent cannot open, since no request can hold its name. */
export async function* readThroughShell(
  {
    guest,
    size,
    limits,
  }: { readonly guest: GuestCalls; readonly size: ChunkSize; readonly limits: CallOptions },
  folder: string,
  file: RawPath,
  offset: number,
  length: number,
): AsyncGenerator<Buffer, void, undefined> {
  for (let at = offset; at < offset + length; ) {
    const count = Math.min(size.current, MOST, offset + length - at);
    const start = guest.clock.now();
    const options = { ...limits, args: [folder, String(at), String(count)], input: nulList([file]) };
    const { stdout: data } = await runScript(guest, `read ${shown(file)}`, PORTION, options);
    size.took(data.length, guest.clock.now() - start);
    if (data.length > count) {
      throw new GuestError('protocol', `${shown(file)}: the guest sent more than was asked for`, {
        command: 'guest-exec',
      });
    }
    if (data.length === 0) return;
    at += data.length;
    yield data;
  }
}
