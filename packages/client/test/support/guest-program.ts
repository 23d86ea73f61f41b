// A fake guest on standard input and output.
import { Duplex } from 'node:stream';
import { fakeGuest } from '@guestwire/testing';
import { endOf } from './serve.js';

const stream = Duplex.from({ readable: process.stdin, writable: process.stdout });
await fakeGuest().serve(endOf(stream));
