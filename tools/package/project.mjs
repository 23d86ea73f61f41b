import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/** The top folder of the project. */
export const projectFolder = resolve(fileURLToPath(import.meta.url), '../../..');

/** What is packaged is the agent, so its version counts. */
export const { version } = JSON.parse(readFileSync(`${projectFolder}/packages/agent/package.json`, 'utf8'));

/** The time that all files inside are given, in seconds since the epoch: what the caller wants, or the last commit's. */
export function sourceDate() {
  const wanted = process.env.SOURCE_DATE_EPOCH;
  if (wanted !== undefined && /^\d+$/.test(wanted)) return Number(wanted);
  const { stdout } = spawnSync('git', ['-C', projectFolder, 'log', '-1', '--format=%ct'], {
    encoding: 'utf8',
  });
  return Number(stdout?.trim()) || Math.floor(Date.now() / 1000);
}
