import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Transport, TransportListener } from '../../src/transport/transport.js';

/** `nobody` on Debian. */
export const OTHER_USER = 65534;

/** Connects and pings. The exit status says whether a reply came before the end of the connection. */
const CLIENT = `
const socket = require('node:net').connect(process.argv[1].replace('@', '\\0'));
socket.write('{"execute":"guest-ping"}');
socket.on('data', () => process.exit(0));
socket.on('error', () => process.exit(1));
socket.on('end', () => process.exit(1));
`;

/**
 * Returns whether a user without rights, who connects to a unix socket, receives a reply. The test runs as root.
 * @param path of the socket; a name in the abstract namespace begins with `@`
 */
export async function isServed(path: string): Promise<boolean> {
  const child = spawn(process.execPath, ['-e', CLIENT, path], {
    uid: OTHER_USER,
    gid: OTHER_USER,
    cwd: '/',
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [status] = await once(child, 'exit');
  return status === 0;
}

/** Returns a listener that replies to everything. */
export function answering(transport: Transport): TransportListener {
  return {
    data: () => void transport.write(Buffer.from('reply\n')),
    drain() {},
    end: () => transport.release(),
    fatal(error) {
      throw error;
    },
  };
}
