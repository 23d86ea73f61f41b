#!/bin/sh
# Starts guestd.js with Node, so that neither the environment nor a signal makes Node load other code or open its debugger.

refuse() {
    printf 'guestd: %s\n' "$1" >&2
    exit 1
}

main=$(dirname -- "$(readlink -f -- "$0")")/guestd.js

# Node reads these variables before the first line of the agent. They are renamed, since programs that the agent starts
# inherit them: guestd.js restores the names.
for name in $(env | sed -n 's/^\(NODE_[A-Za-z0-9_]*\|OPENSSL_CONF\|OPENSSL_ENGINES\|OPENSSL_MODULES\|SSL_CERT_DIR\|SSL_CERT_FILE\)=.*/\1/p'); do
    eval "if [ \"\${$name+set}\" ]; then export GUESTD_KEEP_$name=\"\$$name\"; unset $name; fi"
done

command -v node >/dev/null ||
    refuse 'cannot find node in PATH; install Node 20.19 or newer, or use the single executable'

# V8 ends by a trap if it cannot reserve address space.
limit=$(ulimit -v)
[ "$limit" = unlimited ] || node -e 0 2>/dev/null ||
    refuse "Node cannot start with $limit KiB of address space; raise RLIMIT_AS (ulimit -v, LimitAS=) to 2 GiB or more"

# Node itself needs descriptors before the agent can check the limit.
descriptors=$(ulimit -Hn)
[ "$descriptors" = unlimited ] || [ "$descriptors" -ge 48 ] ||
    refuse "the limit of $descriptors open files is too low; 48 are needed (raise it with ulimit -n, or LimitNOFILE= in the service unit)"

# Commands that wait for a disk must not take all threads, each of which reserves address space. guestd.js removes both
# variables.
[ "$limit" != unlimited ] || [ "${UV_THREADPOOL_SIZE+set}" ] || export UV_THREADPOOL_SIZE=19 GUESTD_POOL=1

# SIGUSR1 makes Node open its debugger until the agent sets its own handler. No Node can open it at this address: it has a
# scope that cannot exist, since names of interfaces have at most 15 characters, and no name server is queried.
exec node '--inspect-port=[fe80::1%never-an-interface]:1024' "$main" "$@"
