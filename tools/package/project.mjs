import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/** The top folder of the project. */
export const projectFolder = resolve(fileURLToPath(import.meta.url), '../../..');

/** The version of the agent, which is that of the packages. */
export const { version } = JSON.parse(readFileSync(`${projectFolder}/packages/agent/package.json`, 'utf8'));

/** Returns the time of all packaged files in seconds since the epoch: SOURCE_DATE_EPOCH, or the time of the last commit. */
export function sourceDate() {
  const wanted = process.env.SOURCE_DATE_EPOCH;
  if (wanted !== undefined && /^\d+$/.test(wanted)) return Number(wanted);
  const { stdout } = spawnSync('git', ['-C', projectFolder, 'log', '-1', '--format=%ct'], {
    encoding: 'utf8',
  });
  return Number(stdout?.trim()) || Math.floor(Date.now() / 1000);
}
