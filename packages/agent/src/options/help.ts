import { VERSION } from '../version.js';

export const HELP = `\
Usage: guestd [-m METHOD -p PATH] [OPTIONS]
       guestd policy explain|list|check ...
       guestd audit verify [--json] FILE...
The guest agent of a virtual machine: answers requests of the host. Guestwire ${VERSION}.

Channel to the host:
  -m, --method=METHOD        virtio-serial (default), isa-serial, unix-listen or
                             vsock-listen; a socket passed by systemd overrides it
  -p, --path=PATH            device, socket, or CID:PORT for vsock-listen; default
                             /dev/virtio-ports/org.qemu.guest_agent.0 for
                             virtio-serial, /dev/ttyS0 for isa-serial
  -r, --retry-path           open the channel again if it is missing or breaks
      --vsock-peers=LIST     context ids that may connect to vsock-listen, separated by
                             commas, or "any"; default 2, the host
      --socket-mode=MODE     permissions of the socket of unix-listen; default 0600
      --socket-users=LIST    user ids that may connect to a unix socket, beside root and
                             the agent's user, or "any"; default: on a socket passed by
                             systemd no others, else those that --socket-mode lets

Commands:
  -a, --allow-rpcs=LIST      allow only these commands: names separated by commas;
                             may be repeated; "help" lists all names
  -b, --block-rpcs=LIST      block these commands, even if allowed
  -F, --fsfreeze-hook[=PATH] run this program before a freeze and after a thaw; the path
                             must be attached; default /etc/qemu/fsfreeze-hook
      --fsfreeze-hook-dir=DIR
                             run each program in this folder, too, in the order of their
                             names; default none
      --freeze-timeout=SECONDS
                             thaw filesystems automatically after this time; default
                             600, 0 for never
      --thaw-on-stop         thaw and end at SIGINT or SIGTERM while filesystems are
                             frozen; automatic under systemd
      --helper-timeout=SECONDS
                             kill a helper program (shutdown, hwclock, each hook) after
                             this time; default 60
      --command-timeout=SECONDS
                             reply with an error to a command that has not ended after
                             this time; default 60; 0 for no limit
      --policy=POLICY        what hosts may do: presets separated by commas (audit,
                             file-read, file-write, filesystem, unrestricted), or the
                             path of a policy file, which contains a slash
      --report-version=TEXT  the version that guest-info reports

  guestd policy explain REQUEST tells whether a request passes, and which rule decides;
  see guestd policy --help.

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
      --audit-log=TARGET     record every command: an absolute path, journald, or both
                             as journald,PATH; default off
      --audit-failure=ACTION what happens to commands while the audit log cannot be
                             written: continue (default) or refuse

      --thaw-after-exit      thaw what an agent that has ended has left frozen, run its
                             hooks with thaw, and exit; for service managers
  -V, --version              print the version and exit
  -h, --help                 print this help and exit
  -s WORD                    ignored; a Windows service option of qemu-ga

The configuration is a key file, see guestd.conf(5). The keys of its group [general] are
the long option names above, but daemon for --daemonize; the command line overrides it.

Signals: SIGINT and SIGTERM end the agent, but while filesystems are frozen only under
systemd or with --thaw-on-stop, and then they are thawed; they cancel a freeze. SIGHUP
reloads the lists of allowed and blocked commands, and the policy, and opens the audit log
again.

Exit status: 0 after SIGINT, SIGTERM or a lost channel; 1 if the agent cannot start, or
--thaw-after-exit cannot thaw.

Examples:
  guestd                                          in a guest, as root
  guestd -m unix-listen -p /tmp/ga.sock -t /tmp   anywhere, to try it
  guestd policy list --policy=audit               what a preset allows
`;
