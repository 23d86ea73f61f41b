// Reports phrases that docs/style.md advises against, in sources, tests, help texts and documentation.
//
//   npm run check:style
//
// A place where such a phrase is right is listed in style/exceptions.json, with a reason. An exception that no longer
// applies is an error too.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const EXCEPTIONS_LIMIT = 20;

/** The phrases, and what to write instead. */
const PHRASES = [
  [/\b(?:is|are|was|were|be|been|being) told\b/i, 'receives, is notified'],
  [/\bwhoever\b|\bwhosoever\b|\bwhichever of\b/i, 'the caller, the process that'],
  [
    /\bwho (?:is|was|has|had|does|did|stops|looks|asks|wants|listens|opened|calls|reads|writes)\b/i,
    'the process that',
  ],
  [/\b(?:goes|went|gone|going|go) on\b(?! to\b)/i, 'continues, resumes'],
  [/\banew\b/i, 'again'],
  [/\bso many\b/i, 'the number of'],
  [/\bis none\b|\bare none\b|\bthere is no such\b/i, 'no … exists'],
  [/\blest\b/i, 'so that … not'],
  [/\bfor ever\b/i, 'forever, without a limit'],
  [/\bof (?:its|their|his) own\b/i, 'its own, separate'],
  [/\b(?:is|are) made of\b/i, 'consists of'],
  [/\bin (?:its|their) stead\b/i, 'instead'],
  [/\bhow-manieth\b/i, 'the index of'],
  [/\b(?:said|asked|wanted) of\b/i, 'name the thing'],
  [/\bmakes no sense\b|\bnot as agreed\b|\ba mistake in\b/i, 'usage error, protocol error, internal error'],
  [/\bof paper\b/i, 'fake'],
  [/\bin peace\b|\bcounts? for nothing\b|\bhad enough\b/i, 'cleanly, is ignored'],
];

const root = resolve(fileURLToPath(import.meta.url), '../..');
const exceptionsFile = 'tools/style/exceptions.json';
const exceptions = JSON.parse(readFileSync(join(root, exceptionsFile), 'utf8'));

const found = styledFiles().flatMap(phrasesIn);
const unused = new Set(exceptions);
const unexpected = found.filter((place) => {
  const exception = exceptions.find(({ file, text }) => file === place.file && place.line.includes(text));
  unused.delete(exception);
  return exception === undefined;
});

for (const { file, number, phrase, advice } of unexpected) {
  console.error(`${file}:${number}: avoid "${phrase}": ${advice}`);
}
for (const { file, text } of unused) {
  console.error(`${exceptionsFile}: the exception "${text}" for ${file} is not needed any more`);
}
for (const { file, reason } of exceptions) {
  if (!reason) console.error(`${exceptionsFile}: the exception for ${file} has no reason`);
}
if (exceptions.length > EXCEPTIONS_LIMIT) {
  console.error(
    `${exceptionsFile}: ${exceptions.length} exceptions; at most ${EXCEPTIONS_LIMIT} are allowed`,
  );
}
const problems = unexpected.length + unused.size + exceptions.filter(({ reason }) => !reason).length;
console.log(`style: ${found.length - unexpected.length} exceptions used, ${problems} problems`);
if (problems > 0 || exceptions.length > EXCEPTIONS_LIMIT) process.exitCode = 1;

/** The tracked files whose language is checked. The style guide quotes the phrases; transcripts quote other programs. */
function styledFiles() {
  const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0');
  return tracked.filter(
    (file) =>
      /\.(?:ts|mjs|js|md|json|sh|[158])$/.test(file) &&
      /^(?:packages|test|bench|docs|packaging|tools|examples|site)\/|^[A-Z]+\.md$/.test(file) &&
      !/\/generated\/|\/transcripts\/|package-lock|^tools\/style|^docs\/style\.md|^docs\/api\//.test(file),
  );
}

function phrasesIn(file) {
  const lines = readFileSync(join(root, file), 'utf8').split('\n');
  return lines.flatMap((line, index) =>
    PHRASES.flatMap(([pattern, advice]) => {
      const phrase = pattern.exec(line)?.[0];
      return phrase === undefined ? [] : [{ file, line, number: index + 1, phrase, advice }];
    }),
  );
}
