import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { builtin, type CommandDescriptor } from '@guestwire/qapi/descriptor';
import { CommandError, checkArguments, WireObject } from '../src/index.js';

/** Stands for `guest-exec`: five arguments, enough for QEMU's table to shrink when they are found. */
const exec: CommandDescriptor<unknown> = {
  kind: 'command',
  name: 'guest-exec',
  arguments: {
    kind: 'struct',
    name: 'guest-exec',
    members: ['path', 'arg', 'env', 'input-data', 'capture-output'].map((name) => ({
      name,
      type: () => builtin.any,
    })),
  },
  successResponse: true,
};

describe('of several surplus arguments the one is named that QEMU 10.0 named', () => {
  const observed: readonly [args: string, named: string][] = [
    ['path env czab c input-data capture-output -z arg', 'czab'],
    ['input-data path capture-output arg zybzy -x-a yzyay env', 'yzyay'],
    ['arg capture-output input-data z-b env -bz path aya--', 'aya--'],
    ['czbxx bcb input-data arg env capture-output path yzb-x', 'bcb'],
    ['x- a capture-output env z c input-data arg bb path', 'a'],
    ['cc-ay ca env zc arg input-data cxa zca -xac capture-output -cc-b path yzx', 'cc-ay'],
  ];
  for (const [args, named] of observed) {
    test(args, () => {
      const given = WireObject.of(args.split(' ').map((name) => [name, 1] as const));
      assert.throws(
        () => checkArguments(exec, given),
        (error) => error instanceof CommandError && error.desc === `Parameter '${named}' is unexpected`,
      );
    });
  }
});
