// A separate libvirt for tests, entirely inside one folder.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, statSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a run of virsh came to. */
export interface Answer {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running libvirt. Disposing it ends its daemon and every machine that it has started. */
export interface Libvirt extends AsyncDisposable {
  /** Where `virsh --connect` finds it. */
  readonly uri: string;
  /** Runs virsh with these arguments to its end. */
  virsh(...args: readonly string[]): Promise<Answer>;
  /** What the daemon has written so far about its talks with guest agents and with QEMU. */
  log(): string;
  /** Ends the daemon and starts it again; its machines continue meanwhile. */
  restart(): Promise<void>;
}

/**
 * The daemon runs in separate namespaces: what libvirt keeps at fixed paths is the folder's, the firewall and the
 * bridges are out of reach, no control group is entered, and all processes, QEMU included, end with the first one.
 * That one is a shell in which the daemon runs in the foreground, because then it also takes leave of the processes
 * that libvirt abandons; as long as they are not gone, libvirt waits for them.
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

/** The users that libvirt looks up before it reads that it is to use another; Debian makes them with another package. */
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

/** Comes back when there is another file of this name in the folder than the one that `than` describes. */
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

/** Most time in milliseconds for one command of virsh: longer, and nothing of it is going to come. */
const VIRSH_PATIENCE = 120_000;

/** Runs virsh to its end, whatever its exit status. */
function runVirsh(uri: string, args: readonly string[]): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { env: { LC_ALL: 'C' }, timeout: VIRSH_PATIENCE, maxBuffer: 64 << 20 };
    execFile('/usr/bin/virsh', ['--connect', uri, ...args], options, (error, stdout, stderr) => {
      if (error === null) resolve({ status: 0, stdout, stderr });
      else if (typeof error.code === 'number') resolve({ status: error.code, stdout, stderr });
      else
        reject(
          new Error(`virsh ${args.join(' ')} did not come to an end; ${stdout}${stderr}`, { cause: error }),
        );
    });
  });
}

/** Starts a libvirt in an empty folder; it comes back when virsh can connect. Takes root. */
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
    // Killed with us, however we end.
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
  unexpected.catch(() => {}); // Only of interest to those who wait for something.
  const sockets = join(folder, 'run/libvirt');
  const socket = join(sockets, 'libvirt-sock');
  const uri = `qemu+unix:///system?socket=${socket}`;
  /** virsh waits until the daemon has read its state. */
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
