import { VERSION } from '../version.js';

/** What `--help` prints. */
export const HELP = `\
Usage: guestd [-m METHOD -p PATH] [OPTIONS]
The guest agent of a virtual machine: answers what its host asks. Guestwire ${VERSION}.

Where the host is met:
  -m, --method=METHOD        virtio-serial (the default), isa-serial, unix-listen or
                             vsock-listen; a socket that systemd hands over counts for more
  -p, --path=PATH            the device, the socket, or CID:PORT for vsock-listen; unless
                             given /dev/virtio-ports/org.qemu.guest_agent.0 for
                             virtio-serial, /dev/ttyS0 for isa-serial
  -r, --retry-path           open it again, as often as it takes, if it is not there or breaks

What the host may do:
  -a, --allow-rpcs=LIST      only these commands: names with commas between them;
                             may be given more than once; "help" lists all names
  -b, --block-rpcs=LIST      not these commands, even if allowed
  -F, --fsfreeze-hook[=PATH] run this program before a freeze and after a thaw; the path
                             must be attached; default /etc/qemu/fsfreeze-hook
      --freeze-timeout=SECONDS
                             thaw filesystems by ourselves after so long; 0, the
                             default, is for never
      --helper-timeout=SECONDS
                             kill a helper program (shutdown, hwclock, the hook) that
                             takes longer; default 60
      --report-version=TEXT  the version that guest-info tells the host

Files:
  -c, --config=PATH          configuration to read first; else that which QGA_CONF
                             names, else /etc/qemu/qemu-ga.conf if there is one
  -D, --dump-conf            print the configuration that results from all this, and exit
  -t, --statedir=PATH        folder of the state files; default /var/run
  -d, --daemonize            go into the background once the host can be answered
  -f, --pidfile=PATH         with -d: the file for the number of the process; default
                             /var/run/qemu-ga.pid
      --system-root=DIR      find /proc, /sys and /dev/log below DIR; for tests

What is logged:
  -l, --logfile=PATH         append the log to this file; default standard error
  -v, --verbose              log more than errors
      --log-format=FORMAT    text (the default), or json: an object for each line

  -V, --version              print the version and exit
  -h, --help                 print this and exit
  -s WORD                    accepted and ignored: a service of Windows

The configuration is a key file; guestd.conf(5) has all of it. Its group [general] knows the
long names above as keys, but daemon for --daemonize; the command line counts for more.

Signals: SIGINT and SIGTERM end the agent, but not while filesystems are frozen; SIGHUP has
it read the lists of allowed and blocked commands again.

Exit status: 0 after SIGINT, SIGTERM or a lost channel; 1 if the agent cannot start.

Examples:
  guestd                                        in a guest, as root
  guestd -m unix-listen -p /tmp/ga.sock -t /tmp   anywhere, to try it out
`;
