// Records a CPU profile of the program that Node runs after it: node --import 'file:///…/profile-preload.js?folder=FOLDER' PROGRAM
//
// SIGTERM writes it. Node's --cpu-prof writes at the end of the process, but guestd ends by _exit.
import { mkdirSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { join } from 'node:path';
import process from 'node:process';

const folder = new URL(import.meta.url).searchParams.get('folder') ?? '.';
const session = new Session();
session.connect();
session.post('Profiler.enable');
session.post('Profiler.start');

process.once('SIGTERM', () => {
  session.post('Profiler.stop', (error, result) => {
    if (error !== null) throw error;
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${process.pid}.cpuprofile`), JSON.stringify(result.profile));
  });
});
