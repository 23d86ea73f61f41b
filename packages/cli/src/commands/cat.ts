import { guestCommand, textAnswer } from '../for-each-guest.js';
import { printableLines } from '../output/escape.js';
import { bytesInJson } from '../output/json.js';
import { guestBytes } from '../output/send.js';
import type { GuestFlags } from '../parameters.js';

/** `guestctl cat PATH…`: prints files of the guest. */
export default guestCommand(
  async ({ context, guest, options, several }, { json }: GuestFlags, ...paths: readonly string[]) => {
    if (several || json) {
      const files: { path: string; data: Buffer }[] = [];
      for (const path of paths) files.push({ path, data: await guest.files.readFile(path, options) });
      const text = printableLines(files.map(({ data }) => data.toString()).join(''));
      return textAnswer(
        files.map(({ path, data }) => ({ path, bytes: data.length, ...bytesInJson('data', data) })),
        text.replace(/\n$/, ''),
      );
    }
    const sink = guestBytes(context.process.stdout);
    for (const path of paths) {
      await using file = await guest.files.open(path, 'r', options);
      for await (const chunk of file.chunks({ ...options, reuse: true })) await sink.send(chunk);
    }
    await sink.end();
    return textAnswer(undefined, '');
  },
);
