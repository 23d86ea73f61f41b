import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeText } from '@guestwire/schema/text';
import fc from 'fast-check';
import { encodeReply, failure } from '../../src/index.js';
import { MessageReader } from '../../src/wire/index.js';

test('encodeReply quotes half of a large request byte for byte, including malformed sequences', () => {
  // Leads of two to six bytes and what may follow them, so that windows end at every place within.
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 60, min: 0x80, max: 0xfd });
  fc.assert(
    fc.property(bytes, fc.nat(60), (some, shift) => {
      const token = Buffer.concat([
        Buffer.from(`"${'x'.repeat(shift)}`),
        Buffer.alloc(200_000, some),
        Buffer.from([0xff]),
      ]);
      const reader = new MessageReader();
      reader.push(token);
      const incoming = reader.next();
      assert(incoming?.kind === 'error' && typeof incoming.desc !== 'string');
      const expected = `JSON parse error, stray '${decodeText(token)}'`;
      const [long, short] = [incoming.desc, expected].map((desc) =>
        Buffer.concat([...encodeReply(failure({ class: 'GenericError', desc }))]),
      );
      assert(long?.equals(short ?? Buffer.alloc(0)));
    }),
    { numRuns: 30 },
  );
});
