/**
 * Holds the recorded conversations with a C agent and writes down what it answers:
 *
 *     node test/dist/compat/record.js [10.0|7.2] [FILE]...
 *
 * With `ours` it writes down what guestd answers instead, for conversations that name a difference.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { type AgentProgram, ourAgent, referenceAgents, startAgent, unprivileged } from './agents.js';
import { converse } from './converse.js';
import { transcriptPaths } from './files.js';
import {
  type Conversation,
  formatTranscript,
  parseTranscript,
  recorded,
  type Speaker,
  turnsOf,
} from './transcript.js';

function programOf(speaker: Speaker): AgentProgram {
  if (speaker === 'ours') return ourAgent();
  const agents = referenceAgents();
  const program = agents[speaker];
  if (program === undefined) throw new Error(agents.missing ?? `qemu-ga ${speaker} is not installed`);
  return program;
}

const [speakerName = '10.0', ...words] = process.argv.slice(2);
const speaker = (['10.0', '7.2', 'ours'] as const).find((name) => name === speakerName);
if (speaker === undefined) throw new Error(`record whom? 10.0, 7.2 or ours, not ${speakerName}`);
const program = unprivileged(programOf(speaker));

for (const path of transcriptPaths().filter(
  (file) => words.length === 0 || words.some((word) => file.includes(word)),
)) {
  const transcript = parseTranscript(readFileSync(path, 'utf8'), path);
  if (transcript.unfit.has(speaker)) continue;
  const conversations: Conversation[] = [];
  let agent = await startAgent(program, transcript.options);
  for (const conversation of transcript.conversations) {
    const differs = conversation.steps.some((step) => step.kind === 'differs');
    if (speaker === 'ours' && !differs) {
      conversations.push(conversation);
      continue;
    }
    try {
      const seen = await converse(agent, conversation);
      const steps = turnsOf(conversation).flatMap((turn, index) =>
        recorded(turn, speaker, seen[index] ?? []),
      );
      conversations.push({ ...conversation, steps });
    } catch (error) {
      console.error(`${conversation.name}: ${String(error)}`);
      process.exitCode = 1;
      conversations.push(conversation);
      await agent[Symbol.asyncDispose]();
      agent = await startAgent(program, transcript.options);
    }
  }
  await agent[Symbol.asyncDispose]();
  writeFileSync(path, formatTranscript({ ...transcript, conversations }));
  console.log(`${path}: ${conversations.length} conversations`);
}
