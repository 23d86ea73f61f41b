// A fake virsh for libvirt.test.ts: prompts, echoes and parses commands like virsh with readline on a dumb terminal, and
// passes them to the test, which listens on the socket FAKE_LIBVIRT.
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

/** The result of a command: its output, its errors, and whether virsh then exits. */
export interface Carried {
  readonly output?: string;
  readonly error?: string;
  readonly exit?: number;
}

/** Splits a line into commands and words like a shell, where only quotes, `\` and `;` are special. */
function commandsIn(line: string): string[][] {
  const commands: string[][] = [[]];
  let word: string | undefined;
  let quote = '';
  const endWord = (): void => {
    if (word !== undefined) commands.at(-1)?.push(word);
    word = undefined;
  };
  for (let i = 0; i < line.length; i++) {
    const character = line[i] ?? '';
    if (quote === '' && /[\s;]/.test(character)) {
      endWord();
      if (character === ';') commands.push([]);
    } else if (character === "'" && quote !== '"') {
      quote = quote === '' ? "'" : '';
      word ??= '';
    } else if (character === '"' && quote !== "'") {
      quote = quote === '' ? '"' : '';
      word ??= '';
    } else if (character === '\\' && quote !== "'") {
      word = (word ?? '') + (line[++i] ?? '');
    } else {
      word = (word ?? '') + character;
    }
  }
  endWord();
  return commands.filter((words) => words.length > 0);
}

const libvirt = connect(process.env['FAKE_LIBVIRT'] ?? '');
await once(libvirt, 'connect');
const answers = createInterface({ input: libvirt })[Symbol.asyncIterator]();

async function carryOut(words: readonly string[]): Promise<void> {
  const [name, text] = words;
  if (name === 'echo') {
    process.stdout.write(text ?? '');
    return;
  }
  libvirt.write(`${JSON.stringify(words)}\n`);
  const { value, done } = await answers.next();
  if (done === true) process.exit(1);
  const { output, error, exit }: Carried = JSON.parse(value);
  if (output !== undefined) process.stdout.write(`${output}\n\n`);
  if (error !== undefined) process.stderr.write(`error: ${error}\n`);
  if (exit !== undefined) process.exit(exit);
}

await carryOut(['start', ...process.argv.slice(2)]);
process.stdout.write('virsh # ');
for await (const line of createInterface({ input: process.stdin })) {
  // Only the end of a long line is echoed.
  process.stdout.write(`${line.length > 60 ? `\r<${line.slice(-60)}` : line}\n`);
  for (const words of commandsIn(line)) await carryOut(words);
  process.stdout.write('virsh # ');
}
process.exit(0);
