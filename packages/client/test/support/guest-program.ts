// Plays a guest on standard input and output, as a program that leads to one would.
import { fakeGuest } from '@guestwire/testing';

const fake = fakeGuest();
process.stdin.on('data', (bytes) => void fake.host.write(bytes));
process.stdin.on('end', () => void fake.hangUp());
for await (const bytes of fake.host) process.stdout.write(bytes);
