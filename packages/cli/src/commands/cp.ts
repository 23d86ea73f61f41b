import type { CopyOptions, CopySummary, GuestFiles } from '@guestwire/client';
import type { CliContext } from '../context.js';
import { type CopyPaths, parseCopyPaths } from '../copy/copy-paths.js';
import { progressBar } from '../copy/progress-bar.js';
import { interruptionIn, UsageError } from '../exit-status.js';
import { type Answer, forEachGuest, type GuestContext, textAnswer } from '../for-each-guest.js';
import { count, formatSpan, humanBytes } from '../output/format.js';
import type { GuestFlags } from '../parameters.js';
import { selectTargets } from '../targets/select-targets.js';

interface CpFlags extends GuestFlags {
  readonly recursive: boolean;
  readonly noVerify: boolean;
  readonly noResume: boolean;
  readonly noPreserveMode: boolean;
}

function sum(summaries: readonly CopySummary[]): CopySummary {
  const total = (name: Exclude<keyof CopySummary, 'verified'>): number =>
    summaries.reduce((partial, summary) => partial + summary[name], 0);
  return {
    files: total('files'),
    folders: total('folders'),
    links: total('links'),
    bytes: total('bytes'),
    unchanged: total('unchanged'),
    resumed: total('resumed'),
    skipped: total('skipped'),
    verified: summaries.every(({ verified }) => verified),
    milliseconds: Math.round(total('milliseconds')),
  };
}

function describe(summary: CopySummary): string {
  const { files, folders, links, bytes, unchanged, resumed, skipped, verified, milliseconds } = summary;
  const items = [
    count(files, 'file'),
    ...(folders > 0 ? [count(folders, 'folder')] : []),
    ...(links > 0 ? [count(links, 'link')] : []),
  ].join(', ');
  const speed = milliseconds > 0 ? ` (${humanBytes(Math.round((bytes * 1000) / milliseconds))}/s)` : '';
  return [
    `${items}: ${humanBytes(bytes)} in ${formatSpan(milliseconds)}${speed}`,
    ...(unchanged > 0 ? [`${unchanged} unchanged`] : []),
    ...(resumed > 0 ? [`${resumed} resumed`] : []),
    ...(skipped > 0 ? [`${skipped} skipped: devices, sockets or pipes`] : []),
    verified ? 'verified' : 'not verified',
  ].join('; ');
}

/** The client names its option, guestctl its flag. */
function withFlagName(error: unknown): unknown {
  if (!(error instanceof TypeError) || !error.message.endsWith('copy it with recursive')) return error;
  return new UsageError(error.message.replace('with recursive', 'with -r'), { cause: error });
}

async function copyAll(
  files: GuestFiles,
  { sources, destination, from }: CopyPaths,
  options: CopyOptions,
): Promise<CopySummary> {
  const summaries: CopySummary[] = [];
  for (const source of sources) {
    summaries.push(
      from === 'host'
        ? await files.copyTo(source, destination, options)
        : await files.copyFrom(source, destination, options),
    );
  }
  return sum(summaries);
}

/** `guestctl cp SOURCE… DESTINATION`: copies files and directories between this host and a guest. */
export default async function cp(
  this: CliContext,
  flags: CpFlags,
  ...words: readonly string[]
): Promise<void> {
  const paths = parseCopyPaths(words);
  if (paths.guest !== undefined && flags.to !== undefined && flags.to.length > 0) {
    throw new UsageError(`both ${paths.guest}:PATH and --to name a guest; use one of them`);
  }
  const guestFlags = paths.guest === undefined ? flags : { ...flags, to: [paths.guest] };
  const selection = await selectTargets(this, guestFlags);
  if (paths.from === 'guest' && selection.targets.length > 1) {
    throw new UsageError('cannot copy from several guests to the same destination; copy from one at a time');
  }
  const copy = async ({ guest, options, several }: GuestContext): Promise<Answer> => {
    const { stderr } = this.process;
    using bar = several || flags.json ? undefined : progressBar(stderr);
    try {
      const summary = await copyAll(guest.files, paths, {
        ...options,
        recursive: flags.recursive,
        ...(flags.noVerify && { verify: false }),
        ...(flags.noResume && { resume: false }),
        // `preserveMode: true` would fail for a guest that has no modes.
        ...(flags.noPreserveMode && { preserveMode: false }),
        ...(bar !== undefined && { onProgress: bar.show }),
      });
      return textAnswer(summary, describe(summary));
    } catch (error) {
      bar?.[Symbol.dispose]();
      if (!flags.noResume && interruptionIn(error) !== undefined) {
        stderr.write('guestctl: copy incomplete; run the same command to resume\n');
      }
      throw withFlagName(error);
    }
  };
  await forEachGuest(this, guestFlags, copy, selection);
}
