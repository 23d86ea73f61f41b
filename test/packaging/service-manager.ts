// A service manager for units of a test: the user manager of systemd, which needs no boot.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';

const SYSTEMD = '/usr/lib/systemd/systemd';

/** The manager checks this folder: it believes that the machine was booted with systemd. */
const NAMESPACE = 'mount -t tmpfs run /run && mkdir -p /run/systemd/system && exec "$0" --user';

/** Why no service manager can run here; false if one can. */
export function noServiceManager(): string | false {
  if (process.getuid?.() !== 0) return 'a service manager needs root';
  if (!existsSync(SYSTEMD)) return `a service manager needs ${SYSTEMD} (Debian package systemd)`;
  const { status } = spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'run', '/run']);
  return status === 0 ? false : 'a service manager needs a mount namespace';
}

export class ServiceManager implements AsyncDisposable {
  /** The folder of the test. */
  readonly folder: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #process: ChildProcess;

  private constructor(folder: string, units: Readonly<Record<string, string>>) {
    this.folder = folder;
    for (const name of ['units', 'bin', 'runtime']) mkdirSync(join(folder, name), { mode: 0o700 });
    for (const [name, text] of Object.entries(units)) writeFileSync(join(folder, 'units', name), text);
    const systemctl = execFileSync('sh', ['-c', 'command -v systemctl'], { encoding: 'utf8' }).trim();
    // The commands of a unit of the system ask its manager.
    writeFileSync(join(folder, 'bin/systemctl'), `#!/bin/sh\nexec ${systemctl} --user "$@"\n`, {
      mode: 0o755,
    });
    this.#env = {
      PATH: `${join(folder, 'bin')}:${process.env['PATH']}`,
      XDG_RUNTIME_DIR: join(folder, 'runtime'),
      SYSTEMD_UNIT_PATH: `${join(folder, 'units')}:/usr/lib/systemd/user`,
    };
    this.#process = spawn('unshare', ['--mount', 'sh', '-c', NAMESPACE, SYSTEMD], {
      env: this.#env,
      stdio: 'ignore',
    });
  }

  /**
   * Starts a manager.
   * @param units the texts of the units, by name; FOLDER in them is the folder of the test
   */
  static async start(units: Readonly<Record<string, string>>): Promise<ServiceManager> {
    const folder = mkdtempSync(join(tmpdir(), 'guestwire-units-'));
    const texts = Object.entries(units).map(([name, text]) => [name, text.replaceAll('FOLDER', folder)]);
    const manager = new ServiceManager(folder, Object.fromEntries(texts));
    await manager.until(() => existsSync(join(folder, 'runtime/systemd/private')));
    // It sets a default path.
    manager.systemctl('import-environment', 'PATH');
    return manager;
  }

  systemctl(...args: string[]): string {
    const { stdout } = spawnSync('systemctl', args, { env: this.#env, encoding: 'utf8' });
    return stdout.trim();
  }

  /** Waits until a property of a unit has a value. */
  async untilProperty(unit: string, property: string, value: string): Promise<void> {
    await this.until(() => this.systemctl('show', unit, '--value', '--property', property) === value);
  }

  /** Waits for a condition, as long as the manager runs. */
  async until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) {
      if (this.#process.exitCode !== null) throw new Error('the service manager has ended');
      await delay(20);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#process, 'exit');
    if (this.#process.exitCode === null) {
      this.#process.kill('SIGTERM');
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
