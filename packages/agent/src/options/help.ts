import { VERSION } from '../version.js';

export const HELP = `\
Usage: guestd [-m METHOD -p PATH] [OPTIONS]
The guest agent of a virtual machine: answers requests of the host. Guestwire ${VERSION}.

Channel to the host:
  -m, --method=METHOD        virtio-serial (default), isa-serial, unix-listen or
                             vsock-listen; a socket passed by systemd overrides it
  -p, --path=PATH            device, socket, or CID:PORT for vsock-listen; default
                             /dev/virtio-ports/org.qemu.guest_agent.0 for
                             virtio-serial, /dev/ttyS0 for isa-serial
  -r, --retry-path           open the channel again if it is missing or breaks

Commands:
  -a, --allow-rpcs=LIST      allow only these commands: names separated by commas;
                             may be repeated; "help" lists all names
  -b, --block-rpcs=LIST      block these commands, even if allowed
  -F, --fsfreeze-hook[=PATH] run this program before a freeze and after a thaw; the path
                             must be attached; default /etc/qemu/fsfreeze-hook
      --freeze-timeout=SECONDS
                             thaw filesystems automatically after this time; default 0,
                             never
      --helper-timeout=SECONDS
                             kill a helper program (shutdown, hwclock, the hook) after
                             this time; default 60
      --report-version=TEXT  the version that guest-info reports

Files:
  -c, --config=PATH          configuration file; default $QGA_CONF, or
                             /etc/qemu/qemu-ga.conf if it exists
  -D, --dump-conf            print the resulting configuration and exit
  -t, --statedir=PATH        folder of the state files; default /var/run
  -d, --daemonize            run in the background once the agent is ready
  -f, --pidfile=PATH         with -d: the pid file; default /var/run/qemu-ga.pid
      --system-root=DIR      use /proc, /sys and /dev/log below DIR; for tests

Logging:
  -l, --logfile=PATH         append the log to this file; default standard error
  -v, --verbose              log all levels, not only errors
      --log-format=FORMAT    text (default), or json: one object per line

  -V, --version              print the version and exit
  -h, --help                 print this help and exit
  -s WORD                    ignored; a Windows service option of qemu-ga

The configuration is a key file, see guestd.conf(5). The keys of its group [general] are
the long option names above, but daemon for --daemonize; the command line overrides it.

Signals: SIGINT and SIGTERM end the agent, except while filesystems are frozen; SIGHUP
reloads the lists of allowed and blocked commands.

Exit status: 0 after SIGINT, SIGTERM or a lost channel; 1 if the agent cannot start.

Examples:
  guestd                                          in a guest, as root
  guestd -m unix-listen -p /tmp/ga.sock -t /tmp   anywhere, to try it
`;
