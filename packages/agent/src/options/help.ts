import { VERSION } from '../version.js';

/** What `--help` prints. */
export const HELP = `\
Usage: guestd [-m METHOD -p PATH] [OPTIONS]
The guest agent of a virtual machine: answers what its host asks. Guestwire ${VERSION}.

Where the host is met:
  -m, --method=METHOD        virtio-serial (the default), isa-serial, unix-listen
                             or vsock-listen
  -p, --path=PATH            the device, the socket, or CID:PORT; for virtio-serial
                             /dev/virtio-ports/org.qemu.guest_agent.0 and for
                             isa-serial /dev/ttyS0 unless given

What the host may do:
  -a, --allow-rpcs=LIST      only these commands: names with commas between them;
                             may be given more than once; "help" lists all names
  -b, --block-rpcs=LIST      not these commands, even if allowed
      --freeze-timeout=SECONDS
                             thaw filesystems by ourselves after so long; 0, the
                             default, is for never
      --report-version=TEXT  the version that guest-info tells the host

Files:
  -c, --config=PATH          configuration to read first; else that which QGA_CONF
                             names, else /etc/qemu/qemu-ga.conf if there is one
  -t, --statedir=PATH        folder of the state files; default /var/run
  -l, --logfile=PATH         append the log to this file; default standard error
      --system-root=DIR      find /proc and /sys below DIR; for tests
  -v, --verbose              log more than errors

  -V, --version              print the version and exit
  -h, --help                 print this and exit

The configuration is a key file. Its group [general] knows the long names above as keys
(method, path, logfile, statedir, verbose, allow-rpcs, block-rpcs, report-version,
freeze-timeout, system-root); the command line counts for more.

Exit status: 0 after SIGINT, SIGTERM or a lost channel; 1 if the agent cannot start.

Examples:
  guestd                                        in a guest, as root
  guestd -m unix-listen -p /tmp/ga.sock -t /tmp   anywhere, to try it out
`;
