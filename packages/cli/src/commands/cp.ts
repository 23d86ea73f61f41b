import type { CopyOptions, CopySummary, GuestFiles } from '@guestwire/client';
import type { Answer } from '../answer.js';
import type { CliContext } from '../context.js';
import { type Places, placesOf } from '../copy/places.js';
import { progressBar } from '../copy/progress-bar.js';
import { eachGuest, type Visit } from '../each-guest.js';
import { interruptionIn, UsageError } from '../exit-status.js';
import { formatSpan, humanBytes } from '../output/units.js';
import { count } from '../output/words.js';
import type { GuestFlags } from '../parameters.js';
import { findDestinations } from '../targets/destinations.js';

/** Flags of `guestctl cp`. */
interface CpFlags extends GuestFlags {
  readonly recursive: boolean;
  readonly noVerify: boolean;
  readonly noResume: boolean;
  readonly noPreserveMode: boolean;
}

/** What several copies did together. */
function sum(summaries: readonly CopySummary[]): CopySummary {
  const total = (name: Exclude<keyof CopySummary, 'verified'>): number =>
    summaries.reduce((so, summary) => so + summary[name], 0);
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
  const things = [
    count(files, 'file'),
    ...(folders > 0 ? [count(folders, 'folder')] : []),
    ...(links > 0 ? [count(links, 'link')] : []),
  ].join(', ');
  const speed = milliseconds > 0 ? ` (${humanBytes(Math.round((bytes * 1000) / milliseconds))}/s)` : '';
  return [
    `${things}: ${humanBytes(bytes)} in ${formatSpan(milliseconds)}${speed}`,
    ...(unchanged > 0 ? [`${unchanged} unchanged`] : []),
    ...(resumed > 0 ? [`${resumed} gone on with`] : []),
    ...(skipped > 0 ? [`${skipped} left out: devices, sockets or pipes`] : []),
    verified ? 'verified' : 'not verified',
  ].join('; ');
}

/** What went wrong on this side. */
function asUsage(error: unknown): unknown {
  const ours = error instanceof TypeError || (error instanceof Error && 'syscall' in error);
  if (!ours || !(error instanceof Error)) return error;
  return new UsageError(error.message.replace('with recursive', 'with -r'), { cause: error });
}

async function copyAll(
  files: GuestFiles,
  { sources, destination, from }: Places,
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

/** `guestctl cp SOURCE… DESTINATION`: copies files and folders between this host and a guest. */
export default async function cp(
  this: CliContext,
  flags: CpFlags,
  ...words: readonly string[]
): Promise<void> {
  const places = placesOf(words);
  if (places.guest !== undefined && flags.to !== undefined && flags.to.length > 0) {
    throw new UsageError(`${places.guest}:PATH and --to name a guest each; write one of them`);
  }
  const aimed = places.guest === undefined ? flags : { ...flags, to: [places.guest] };
  const found = await findDestinations(this, aimed);
  if (places.from === 'guest' && found.guests.length > 1) {
    throw new UsageError(
      'what comes from several guests would take the same place; copy from one after the other',
    );
  }
  const work = async ({ guest, limits, several }: Visit): Promise<Answer> => {
    const { stderr } = this.process;
    using bar = several || flags.json ? undefined : progressBar(stderr);
    try {
      const summary = await copyAll(guest.files, places, {
        ...limits,
        recursive: flags.recursive,
        ...(flags.noVerify && { verify: false }),
        ...(flags.noResume && { resume: false }),
        // A guest that cannot do so is only asked for permissions where that is wanted by name.
        ...(flags.noPreserveMode && { preserveMode: false }),
        ...(bar !== undefined && { onProgress: bar.show }),
      });
      return { json: summary, text: () => describe(summary) };
    } catch (error) {
      bar?.[Symbol.dispose]();
      if (!flags.noResume && interruptionIn(error) !== undefined) {
        stderr.write('guestctl: the copy is not complete; the same command goes on with it\n');
      }
      throw asUsage(error);
    }
  };
  await eachGuest(this, aimed, work, found);
}
