import { describe, test } from 'node:test';
import { badArguments } from './observed/arguments.js';
import { envelope } from './observed/envelope.js';
import { lexical } from './observed/lexical.js';
import { numbers } from './observed/numbers.js';
import { strings } from './observed/strings.js';
import { structure } from './observed/structure.js';
import { type Conversation, hold } from './support/conversation.js';

const areas: Readonly<Record<string, readonly Conversation[]>> = {
  'stray bytes': lexical,
  'messages that are not well formed': structure,
  strings,
  numbers,
  envelope,
  arguments: badArguments,
};

for (const [area, conversations] of Object.entries(areas)) {
  describe(`${area}: replies equal those of QEMU 10.0 for any chunks`, () => {
    for (const conversation of conversations) test(conversation.says, () => hold(conversation));
  });
}
