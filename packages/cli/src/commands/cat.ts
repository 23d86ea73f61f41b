import type { CliContext } from '../context.js';
import { eachGuest } from '../each-guest.js';
import { bytesInJson } from '../output/bytes.js';
import { printableLines } from '../output/printable.js';
import { guestBytes } from '../output/send.js';
import type { GuestFlags } from '../parameters.js';

/** `guestctl cat PATH…`: prints files of the guest. */
export default async function cat(
  this: CliContext,
  flags: GuestFlags,
  ...paths: readonly string[]
): Promise<void> {
  const { stdout } = this.process;
  await eachGuest(this, flags, async ({ guest, limits, several }) => {
    if (several || flags.json) {
      const files: { path: string; data: Buffer }[] = [];
      for (const path of paths) files.push({ path, data: await guest.files.readFile(path, limits) });
      const text = printableLines(files.map(({ data }) => data.toString()).join(''));
      return {
        json: files.map(({ path, data }) => ({ path, bytes: data.length, ...bytesInJson('data', data) })),
        text: () => text.replace(/\n$/, ''),
      };
    }
    const sink = guestBytes(stdout);
    for (const path of paths) {
      await using file = await guest.files.open(path, 'r', limits);
      for await (const chunk of file.chunks({ ...limits, reuse: true })) await sink.send(chunk);
    }
    await sink.end();
    return { json: undefined, text: () => '' };
  });
}
