import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import {
  type Agent,
  AgentError,
  type AgentOptions,
  commandModule,
  createAgent,
  loadPolicy,
  unixListen,
  virtioSerial,
} from '../../src/index.js';
import { Host } from '../support/host.js';
import { later } from '../support/later.js';
import { MemoryTransport } from '../support/memory-transport.js';
import { greetingCommands, greetingModule } from '../support/modules.js';
import { Pty } from '../support/pty.js';
import { standIns } from '../support/stand-ins.js';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.js';

describe('createAgent', () => {
  let folder: TemporaryFolder;
  let path: string;
  let agent: Agent | undefined;

  beforeEach(() => {
    folder = temporaryFolder();
    path = folder.file('ga.sock');
    agent = undefined;
  });

  afterEach(async () => {
    await agent?.stop();
    folder[Symbol.dispose]();
  });

  const start = async (options: Partial<AgentOptions> = {}): Promise<Agent> => {
    agent = await createAgent({ transport: unixListen(path), statedir: folder.path, ...options });
    await agent.start();
    return agent;
  };

  it('serves the commands of an embedding program beside the built-in ones', async () => {
    await start({ modules: [greetingModule()] });
    using host = await Host.connect(path);
    assert.equal(
      await host.ask('{"execute":"example-greet","arguments":{"name":"you","times":2},"id":1}'),
      '{"return": "hello youhello you", "id": 1}',
    );
    assert.equal(await host.ask('{"execute":"example-count"}'), '{"return": 1}');
    assert.equal(
      await host.ask('{"execute":"example-greet","arguments":{"name":5}}'),
      `{"error": {"class": "GenericError", "desc": "Invalid parameter type for 'name', expected: string"}}`,
    );
    assert.equal(await host.ask('{"execute":"guest-ping"}'), '{"return": {}}');
  });

  it('rejects a module with the name of a built-in command', async () => {
    const module = {
      schema: { 'guest-ping': { kind: 'command', name: 'guest-ping', successResponse: true } },
      handlers: { 'guest-ping': () => {} },
    } as const;
    await assert.rejects(
      createAgent({ transport: new MemoryTransport(), statedir: folder.path, modules: [module] }),
      (error) => error instanceof AgentError && error.code === 'module',
    );
  });

  it('lists its commands from the last to the first, with their state', async () => {
    await start({ modules: [greetingModule()], version: '8.2.0', commands: { block: ['guest-file-open'] } });
    using host = await Host.connect(path);
    const { version, supported_commands } = JSON.parse(await host.ask('{"execute":"guest-info"}')).return;
    assert.equal(version, '8.2.0');
    const names = supported_commands.map(({ name }: { name: string }) => name);
    assert.deepEqual(names.slice(0, 2), ['example-count', 'example-greet']);
    assert.deepEqual(names.slice(-6), [
      'guest-info',
      'guest-set-time',
      'guest-get-time',
      'guest-ping',
      'guest-sync',
      'guest-sync-delimited',
    ]);
    assert.deepEqual(
      supported_commands.filter(({ enabled }: { enabled: boolean }) => !enabled),
      [{ enabled: false, name: 'guest-file-open', 'success-response': true }],
    );
    assert.deepEqual(
      supported_commands
        .filter((command: Record<string, boolean>) => command['success-response'] === false)
        .map(({ name }: { name: string }) => name),
      ['guest-suspend-hybrid', 'guest-suspend-ram', 'guest-suspend-disk', 'guest-shutdown'],
    );
    assert.equal(
      await host.ask('{"execute":"guest-file-open","arguments":{"path":"/"}}'),
      '{"error": {"class": "CommandNotFound", "desc": "Command guest-file-open has been disabled: the command is not allowed"}}',
    );
  });

  it('continues half a request of a disconnected host with the bytes of the next', async () => {
    await start();
    using first = await Host.connect(path);
    assert.equal(await first.ask('{"execute":"guest-ping"}{"execute":"gue'), '{"return": {}}');
    first.socket.end();
    await first.rest();
    using second = await Host.connect(path);
    assert.equal(await second.ask('st-ping","id":2}'), '{"return": {}, "id": 2}');
  });

  it('carries out requests of a disconnected host and drops the replies', async () => {
    const transport = new MemoryTransport();
    await start({ transport, modules: [greetingModule()] });
    transport.send('{"execute":"example-greet","arguments":{"name":"a"}}{"execute":"example-greet"');
    transport.listener.end(true);
    transport.send(',"arguments":{"name":"b"}}{"execute":"example-count"}');
    assert.equal((await transport.lines(3)).at(-1), '{"return": 2}');
  });

  it('keeps the session of a port whose host disconnects and reconnects', async () => {
    const port = folder.file('port');
    const first = new Pty();
    first.linkAt(port);
    await start({ transport: virtioSerial(port) });
    first.send('\xff{"execute":"guest-sync-delimited","arguments":{"id":1}}');
    assert.match(await first.line(), /stray/);
    assert.equal(await first.line(), '\xff{"return": 1}');
    first.send('{"execute":"half');
    first[Symbol.dispose]();

    using second = new Pty();
    second.linkAt(port);
    second.send('\xff{"execute":"guest-sync-delimited","arguments":{"id":2}}');
    assert.match(await second.line(), /stray/);
    assert.equal(await second.line(), '\xff{"return": 2}');
  });

  it('stops although its transport cannot be closed while all threads are blocked', async (t) => {
    const transport = new MemoryTransport();
    const agent = await start({ transport });
    t.mock.method(transport, 'close', () => new Promise(() => {}));
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const stopped = agent.stop();
    t.mock.timers.tick(20_000);
    await stopped;
    assert.equal(await agent.stopped, undefined);
  });

  it('starts frozen after an agent that was killed while frozen, and thaws on request', async () => {
    writeFileSync(folder.file('qga.state.isfrozen'), '');
    // A root with nothing mounted: nothing of this machine can be thawed by mistake.
    mkdirSync(folder.file('proc/self'), { recursive: true });
    writeFileSync(folder.file('proc/self/mountinfo'), '');
    const agent = await start({ systemRoot: folder.path, commands: { allow: ['guest-file-open'] } });
    assert.equal(agent.frozen, true);
    using host = await Host.connect(path);
    assert.equal(await host.ask('{"execute":"guest-fsfreeze-status"}'), '{"return": "frozen"}');
    assert.equal(
      await host.ask('{"execute":"guest-file-open","arguments":{"path":"/"}}'),
      '{"error": {"class": "CommandNotFound", "desc": "Command guest-file-open has been disabled: the command is not allowed"}}',
    );
    assert.equal(existsSync(folder.file('qga.state')), false, 'a frozen agent writes no state file');
    assert.equal(await host.ask('{"execute":"guest-fsfreeze-thaw"}'), '{"return": 0}');
    assert.equal(agent.frozen, false);
    assert.equal(
      await host.ask('{"execute":"guest-file-open","arguments":{"path":"/etc/passwd"}}'),
      '{"return": 1000}',
    );
    assert.equal(existsSync(folder.file('qga.state.isfrozen')), false);
  });

  it('runs its hook at a freeze and at the thaw of its stop, and waits for it', async () => {
    using stand = standIns();
    stand.script('hook', 'echo $1 >> $CALLS');
    stand.file('proc/self/mountinfo', '');
    const fsfreezeHook = stand.folder.file('hook');
    const agent = await start({ systemRoot: stand.root, env: stand.env, fsfreezeHook });
    using host = await Host.connect(path);
    assert.equal(await host.ask('{"execute":"guest-fsfreeze-freeze"}'), '{"return": 0}');
    assert.deepEqual(stand.calls(), ['freeze']);
    await agent.stop();
    assert.deepEqual(stand.calls(), ['freeze', 'thaw']);
  });

  it('rejects queued freezes after it has stopped', async () => {
    using stand = standIns();
    stand.script('hook', 'echo $1 >> $CALLS');
    stand.file('proc/self/mountinfo', '');
    const transport = new MemoryTransport();
    const slow = later<number>();
    const module = commandModule({
      schema: { 'example-count': greetingCommands['example-count'] },
      handlers: { 'example-count': () => slow.promise },
    });
    const fsfreezeHook = stand.folder.file('hook');
    const agent = await start({
      transport,
      systemRoot: stand.root,
      env: stand.env,
      fsfreezeHook,
      modules: [module],
    });
    transport.send('{"execute":"example-count"}{"execute":"guest-fsfreeze-freeze"}');
    await agent.stop();
    slow.settle(1);
    const [, answer = ''] = await transport.lines(2);
    assert.match(answer, /guest-fsfreeze-freeze has been disabled/);
    assert.deepEqual(stand.calls(), []);
  });

  it('applies new command lists while it runs, and after the thaw while it is frozen', async () => {
    const frozen: boolean[] = [];
    writeFileSync(folder.file('qga.state.isfrozen'), '');
    mkdirSync(folder.file('proc/self'), { recursive: true });
    writeFileSync(folder.file('proc/self/mountinfo'), '');
    const running = await start({
      systemRoot: folder.path,
      commands: { block: ['guest-info'] },
      onFrozen(state) {
        frozen.push(state);
        assert.equal(existsSync(folder.file('qga.state')), false);
      },
    });
    using host = await Host.connect(path);
    const blocked = async (name: string): Promise<boolean> =>
      (await host.ask(`{"execute":"${name}"}`)).includes('has been disabled');
    assert.deepEqual(frozen, [true]);
    running.reconfigure({ allow: ['guest-info'] });
    assert.equal(await blocked('guest-ping'), false);
    await host.ask('{"execute":"guest-fsfreeze-thaw"}');
    assert.deepEqual(frozen, [true, false]);
    assert.equal(await blocked('guest-ping'), true);
    assert.equal(await blocked('guest-info'), false);
    running.reconfigure({});
    assert.equal(await blocked('guest-ping'), false);
  });

  it('applies a policy, and keeps it unless reconfigure replaces it', async () => {
    const running = await start({ policy: loadPolicy('audit') });
    using host = await Host.connect(path);
    const isRefused = async () =>
      (await host.ask('{"execute":"guest-file-close","arguments":{"handle":1}}')).includes(
        'refused by the policy',
      );
    assert.equal(await isRefused(), true);
    running.reconfigure({ block: ['guest-exec'] });
    assert.equal(await isRefused(), true);
    running.reconfigure({}, loadPolicy('file-read'));
    assert.equal(await isRefused(), false);
    running.reconfigure({}, loadPolicy('audit'));
    running.reconfigure({}, null);
    assert.equal(await isRefused(), false);
  });

  it('rejects lists with a name that is no command of QEMU or of a module, and keeps the old ones', async () => {
    const unknown = { code: 'option', message: "the list of blocked commands: unknown command 'guest-pong'" };
    await assert.rejects(start({ commands: { block: ['guest-pong'] } }), unknown);
    const running = await start({ modules: [greetingModule()], commands: { block: ['example-greet'] } });
    assert.throws(() => running.reconfigure({ block: ['guest-pong'] }), unknown);
    using host = await Host.connect(path);
    assert.match(await host.ask('{"execute":"example-greet"}'), /has been disabled/);
  });

  it('fails without having written a file if onFrozen throws at startup', async () => {
    await assert.rejects(
      start({
        onFrozen() {
          throw new Error('not now');
        },
      }),
      /^Error: not now$/,
    );
    assert.equal(existsSync(folder.file('qga.state')), false);
  });

  for (const option of ['fsfreezeHook', 'fsfreezeHookDir']) {
    it(`rejects a relative path as ${option}`, async () => {
      for (const path of ['', 'hook', './hook']) {
        await assert.rejects(
          createAgent({ transport: new MemoryTransport(), statedir: folder.path, [option]: path }),
          (error) => error instanceof AgentError && error.code === 'option',
        );
      }
    });
  }

  it('stops even if it cannot thaw, and leaves the flag file to the next agent', async () => {
    writeFileSync(folder.file('qga.state.isfrozen'), '');
    // A root without a mount list.
    const agent = await start({ systemRoot: folder.path });
    await agent.stop();
    assert.equal(existsSync(folder.file('qga.state.isfrozen')), true);
  });

  it('reports the reason when its transport breaks', async () => {
    const transport = new MemoryTransport();
    const agent = await start({ transport });
    const reason = new Error('gone');
    transport.listener.fatal(reason);
    assert.equal(await agent.stopped, reason);
    assert.equal(transport.closed, true);
  });

  it('stops once if stop is called repeatedly', async () => {
    const agent = await start();
    await Promise.all([agent.stop(), agent.stop()]);
    await agent[Symbol.asyncDispose]();
    assert.equal(await agent.stopped, undefined);
    assert.equal(existsSync(path), false);
  });

  it('creates a state file that only its user can read', async () => {
    await start();
    assert.equal(statSync(folder.file('qga.state')).mode & 0o777, 0o600);
    assert.equal(readFileSync(folder.file('qga.state'), 'utf8'), '[global]\nfd_counter=1000\n');
  });
});
