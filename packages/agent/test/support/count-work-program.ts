import { PerformanceObserver } from 'node:perf_hooks';
import process from 'node:process';
import { promiseHooks } from 'node:v8';
import type { InnerWork } from './counted-agent.js';

// Counts the work of a program that it is loaded into, and sends the counts for each message:
//   node --import count-work-program.js PROGRAM

let copied = 0;
let promises = 0;
let collections = 0;
/** Node's functions for buffers call each other; only the outermost call counts. */
let depth = 0;

function lengthOf(value: unknown): number {
  if (typeof value === 'number') return value;
  const length: unknown = Object(value).length;
  return typeof length === 'number' ? length : 0;
}

/** Adds the bytes that a function copies to the count: its result, or what it is given if it has none. */
function countCopies(target: object, name: string): void {
  const original: unknown = Reflect.get(target, name);
  if (typeof original !== 'function') throw new TypeError(`${name} is no function`);
  const counted = function (this: unknown, ...args: unknown[]): unknown {
    depth += 1;
    try {
      const result: unknown = Reflect.apply(original, this, args);
      const isView =
        name === 'from' && (args[0] instanceof ArrayBuffer || args[0] instanceof SharedArrayBuffer);
      if (depth === 1 && !isView) copied += lengthOf(result ?? args[0]);
      return result;
    } finally {
      depth -= 1;
    }
  };
  Object.defineProperty(target, name, { value: counted, configurable: true, writable: true });
}

const encodings = ['ascii', 'base64', 'base64url', 'hex', 'latin1', 'ucs2', 'utf8'];
const methods = [
  'copy',
  'fill',
  'toString',
  'write',
  ...encodings.flatMap((name) => [`${name}Slice`, `${name}Write`]),
];
for (const name of methods) countCopies(Buffer.prototype, name);
for (const name of ['copyWithin', 'set', 'slice'])
  countCopies(Object.getPrototypeOf(Uint8Array.prototype), name);
for (const name of ['concat', 'from']) countCopies(Buffer, name);
countCopies(TextDecoder.prototype, 'decode');
countCopies(TextEncoder.prototype, 'encode');

promiseHooks.onInit(() => {
  promises += 1;
});

const observer = new PerformanceObserver((list) => {
  collections += list.getEntries().length;
});
observer.observe({ entryTypes: ['gc'] });

process.on('message', () => {
  collections += observer.takeRecords().length;
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  process.send?.({
    copied,
    promises,
    collections,
    heap: heapUsed,
    buffers: arrayBuffers,
  } satisfies InnerWork);
});
