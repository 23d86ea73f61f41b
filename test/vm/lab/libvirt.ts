// A separate libvirt for tests, entirely inside one folder.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, statSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The result of a run of virsh. */
export interface Answer {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running libvirt. Disposing it ends its daemon and all its machines. */
export interface Libvirt extends AsyncDisposable {
  /** The URI for `virsh --connect`. */
  readonly uri: string;
  /** Runs virsh with these arguments. */
  virsh(...args: readonly string[]): Promise<Answer>;
  /** Returns the daemon's log of its messages to guest agents and to QEMU. */
  log(): string;
  /** Restarts the daemon; its machines continue to run. */
  restart(): Promise<void>;
}

/**
 * The daemon runs in separate namespaces: libvirt's fixed paths are in the folder, firewall, bridges and control groups of
 * this machine are out of reach, and all processes, QEMU included, end with the first one. That one is a shell, which
 * also reaps the orphans of the daemon: libvirt waits until they are gone.
 */
const FIRST_PROCESS = `
folder=$1
mount --bind "$folder/passwd" /etc/passwd
mount --bind "$folder/group" /etc/group
umount --recursive --lazy /sys/fs/cgroup 2>/dev/null || true
mkdir -p "$folder/run/libvirt"
mount --bind "$folder/etc" /etc/libvirt
mount --bind "$folder/run" /run
for part in lib log cache; do
  mkdir -p "$folder/$part"
  mount --bind "$folder/$part" "/var/$part"
done
exec 3<&0
while read -r _; do kill "$(cat /run/libvirtd.pid)"; done <&3 &
while libvirtd; do :; done
`;

const unshare = ['--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'] as const;

/** libvirt looks up these accounts before it reads its configuration; Debian creates them with another package. */
const accounts = {
  passwd: 'libvirt-qemu:x:64055:64055::/nonexistent:/usr/sbin/nologin\n',
  group: 'libvirt-qemu:x:64055:\n',
} as const;

function configuration(folder: string): Readonly<Record<string, string>> {
  return {
    'qemu.conf': `user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
namespaces = []
stdio_handler = "file"
`,
    'libvirtd.conf': `auth_unix_rw = "none"
auth_unix_ro = "none"
log_filters = "1:qemu.qemu_agent 2:qemu.qemu_monitor"
log_outputs = "1:file:${join(folder, 'libvirtd.log')}"
`,
  };
}

/** Resolves when the folder has another file of this name than the one that `than` describes. */
async function another(folder: string, name: string, than?: string): Promise<void> {
  const watcher = watch(folder);
  try {
    while ((identity(join(folder, name)) ?? than) === than) await once(watcher, 'change');
  } finally {
    watcher.close();
  }
}

function identity(path: string): string | undefined {
  const status = statSync(path, { throwIfNoEntry: false });
  return status && `${status.ino} ${status.birthtimeMs} ${status.ctimeMs}`;
}

/** The time limit of one command of virsh in milliseconds. */
const VIRSH_PATIENCE = 120_000;

/** Runs virsh and returns its result, whatever its exit status. */
function runVirsh(uri: string, args: readonly string[]): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { env: { LC_ALL: 'C' }, timeout: VIRSH_PATIENCE, maxBuffer: 64 << 20 };
    execFile('/usr/bin/virsh', ['--connect', uri, ...args], options, (error, stdout, stderr) => {
      if (error === null) resolve({ status: 0, stdout, stderr });
      else if (typeof error.code === 'number') resolve({ status: error.code, stdout, stderr });
      else reject(new Error(`virsh ${args.join(' ')} did not end; ${stdout}${stderr}`, { cause: error }));
    });
  });
}

/** Starts a libvirt in an empty folder; resolves when virsh can connect. Requires root. */
export async function startLibvirt(folder: string): Promise<Libvirt> {
  mkdirSync(join(folder, 'etc'));
  mkdirSync(join(folder, 'run/libvirt'), { recursive: true });
  for (const [name, line] of Object.entries(accounts)) {
    const own = readFileSync(join('/etc', name), 'utf8');
    writeFileSync(join(folder, name), own.includes('\nlibvirt-qemu:') ? own : own + line);
  }
  for (const [name, text] of Object.entries(configuration(folder))) {
    writeFileSync(join(folder, 'etc', name), text);
  }
  const daemon = spawn(
    // The kernel kills it when this process ends.
    '/usr/bin/setpriv',
    ['--pdeathsig', 'KILL', '/usr/bin/unshare', ...unshare, '/bin/sh', '-ec', FIRST_PROCESS, 'sh', folder],
    { stdio: ['pipe', 'ignore', 'pipe'] },
  );
  const complaints: Buffer[] = [];
  daemon.stderr.on('data', (chunk: Buffer) => complaints.push(chunk));
  const log = (): string => {
    const path = join(folder, 'libvirtd.log');
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  };
  const ended = once(daemon, 'exit');
  const unexpected = ended.then(() => {
    throw new Error(`libvirt has ended: ${Buffer.concat(complaints)}${log().slice(-2000)}`);
  });
  unexpected.catch(() => {}); // Reported by the functions that wait for it.
  const sockets = join(folder, 'run/libvirt');
  const socket = join(sockets, 'libvirt-sock');
  const uri = `qemu+unix:///system?socket=${socket}`;
  /** Resolves when the daemon has read its state: `virsh` waits for that. */
  const connect = async (): Promise<void> => {
    const { status, stderr } = await libvirt.virsh('version');
    if (status !== 0) throw new Error(`virsh cannot connect: ${stderr}`);
  };
  const libvirt: Libvirt = {
    uri,
    virsh: (...args) => Promise.race([runVirsh(uri, args), unexpected]),
    log,
    async restart() {
      const old = identity(socket);
      const restarted = another(sockets, 'libvirt-sock', old);
      daemon.stdin.write('\n');
      await Promise.race([restarted, unexpected]);
      await connect();
    },
    async [Symbol.asyncDispose]() {
      daemon.kill('SIGKILL');
      await ended;
    },
  };
  try {
    await Promise.race([another(sockets, 'libvirt-sock'), unexpected]);
    await connect();
    return libvirt;
  } catch (error) {
    await libvirt[Symbol.asyncDispose]();
    throw error;
  }
}
