#!/bin/sh
//bin/sh -c :; exec /bin/sh "$(dirname -- "$(readlink -f -- "$0")")/guestd.sh" "$@" # For sh only, which then starts Node.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(
    `guestd: Node ${process.versions.node} is too old; install Node 20.19 or newer, or use the single executable\n`,
  );
  process.exit(1);
}
await import('../dist/src/main.js');
