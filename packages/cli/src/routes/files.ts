import { buildCommand } from '@stricli/core';
import { flag, guestFlags, octalMode, texts } from '../parameters.js';
import { localFile, word } from './build.js';

/** Programs and files of the guest. */
export const fileRoutes = {
  exec: buildCommand({
    loader: async () => (await import('../commands/exec.js')).default,
    parameters: {
      flags: {
        ...guestFlags,
        env: texts(
          'NAME=VALUE',
          'A variable of the environment, which then holds nothing else but PATH; may be given several times',
        ),
        input: {
          kind: 'boolean',
          optional: true,
          brief: 'Hand standard input on, all of it; what is done unless it is a terminal',
        },
      },
      aliases: { e: 'env', i: 'input' },
      positional: {
        kind: 'array',
        minimum: 1,
        parameter: word(
          'command',
          'The program and its arguments; write -- before them if one begins with a hyphen',
        ),
      },
    },
    docs: {
      brief: 'Run a program in the guest',
      fullDescription: [
        'Runs a program in the guest, without a shell, and prints what it wrote when it has ended.',
        'The exit status is that of the program, or 128 and the number of the signal that killed it. What goes wrong before that has',
        'the exit statuses of all commands, which a program may have too: see the manual page.',
        '--timeout is the most that the program may take; it is then ended.',
      ].join('\n'),
    },
  }),
  cp: buildCommand({
    loader: async () => (await import('../commands/cp.js')).default,
    parameters: {
      flags: {
        ...guestFlags,
        recursive: flag('Copy folders with everything in them'),
        noVerify: flag('Do not compare the checksums of originals and copies'),
        noResume: flag('Copy all of it anew, also what is there already'),
        noPreserveMode: flag('Do not give the copies the permissions of the originals'),
      },
      aliases: { r: 'recursive' },
      positional: {
        kind: 'array',
        minimum: 2,
        parameter: word(
          'file',
          'Files and, at the end, where they are copied to; on one side guest:PATH',
          // Paths in the guest are not known here.
          (partial) => (/^[\w.-]*:/.test(partial) ? [] : localFile()),
        ),
      },
    },
    docs: {
      brief: 'Copy files and folders to the guest, or from it',
      fullDescription: [
        'Copies files and folders between this host and a guest: guest:PATH is a path in the guest that --to or GUESTCTL_TARGET names,',
        'NAME:PATH one in the guest of that name in the file of targets. A file goes into a folder that is there; a folder becomes the',
        'destination itself, unless that ends with a slash. What an interrupted copy has brought is used when the same command is run again.',
        '--timeout is the most that all of it may take; as long as it takes if absent.',
      ].join('\n'),
    },
  }),
  cat: buildCommand({
    loader: async () => (await import('../commands/cat.js')).default,
    parameters: {
      flags: guestFlags,
      positional: { kind: 'array', minimum: 1, parameter: word('path', 'Path of a file in the guest') },
    },
    docs: { brief: 'Print files of the guest' },
  }),
  write: buildCommand({
    loader: async () => (await import('../commands/write.js')).default,
    parameters: {
      flags: {
        ...guestFlags,
        append: flag('Add to the end of the file'),
        atomic: flag('Put the file in its place when all of it is there'),
        mode: {
          kind: 'parsed',
          parse: octalMode,
          optional: true,
          placeholder: 'mode',
          brief: 'The permissions of the file, in octal: 0644',
        },
      },
      positional: { kind: 'tuple', parameters: [word('path', 'Path of the file in the guest')] },
    },
    docs: { brief: 'Write standard input to a file of the guest' },
  }),
};
