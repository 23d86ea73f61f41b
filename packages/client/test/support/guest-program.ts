// Plays a guest on standard input and output, as a program that leads to one would.
import { Duplex } from 'node:stream';
import { fakeGuest } from '@guestwire/testing';
import { endOf } from './serve.js';

const stream = Duplex.from({ readable: process.stdin, writable: process.stdout });
await fakeGuest().serve(endOf(stream));
