import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import {
  type Agent,
  AgentError,
  type AgentOptions,
  commandModule,
  createAgent,
  unixListen,
  virtioSerial,
} from '../src/index.js';
import { Host } from './support/host.js';
import { later } from './support/later.js';
import { MemoryTransport } from './support/memory-transport.js';
import { greetingCommands, greetingModule } from './support/modules.js';
import { Pty } from './support/pty.js';
import { standIns } from './support/stand-ins.js';
import { type TemporaryFolder, temporaryFolder } from './support/temporary-folder.js';

describe('an agent in a program of its own', () => {
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

  it("answers a program's own commands beside the built-in ones", async () => {
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

  it("refuses a module that takes a built-in command's name", async () => {
    const module = {
      schema: { 'guest-ping': { kind: 'command', name: 'guest-ping', successResponse: true } },
      handlers: { 'guest-ping': () => {} },
    } as const;
    await assert.rejects(
      createAgent({ transport: new MemoryTransport(), statedir: folder.path, modules: [module] }),
      (error) => error instanceof AgentError && error.code === 'module',
    );
  });

  it('lists its commands from the last to the first, with what is enabled', async () => {
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

  it('keeps half a request of a host that went away for the next one', async () => {
    await start();
    using first = await Host.connect(path);
    assert.equal(await first.ask('{"execute":"guest-ping"}{"execute":"gue'), '{"return": {}}');
    first.socket.end();
    await first.rest();
    using second = await Host.connect(path);
    assert.equal(await second.ask('st-ping","id":2}'), '{"return": {}, "id": 2}');
  });

  it('carries out what a host asked that has gone, and forgets the answers', async () => {
    const transport = new MemoryTransport();
    await start({ transport, modules: [greetingModule()] });
    transport.send('{"execute":"example-greet","arguments":{"name":"a"}}{"execute":"example-greet"');
    transport.listener.end();
    transport.send(',"arguments":{"name":"b"}}{"execute":"example-count"}');
    assert.equal((await transport.lines(3)).at(-1), '{"return": 2}');
  });

  it('holds a conversation over a port whose host leaves and comes back', async () => {
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

  it('stops though its channel cannot be closed, as when all threads are held fast', async (t) => {
    const transport = new MemoryTransport();
    const agent = await start({ transport });
    t.mock.method(transport, 'close', () => new Promise(() => {}));
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const stopped = agent.stop();
    t.mock.timers.tick(20_000);
    await stopped;
    assert.equal(await agent.stopped, undefined);
  });

  it('begins frozen if the last agent ended so, and leaves that state when told to thaw', async () => {
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

  it('tells its hook of a freeze and of the thaw at its end, and waits until it has been told', async () => {
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

  it('freezes nothing once it has ended, whatever a host asked for before', async () => {
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

  it('takes other lists of commands while it runs, and holds them back while it is frozen', async () => {
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

  it('does not begin if who is told of its frozen state throws, and has written no file then', async () => {
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

  it('takes no hook whose place depends on where it was started', async () => {
    for (const fsfreezeHook of ['', 'hook', './hook']) {
      await assert.rejects(
        createAgent({ transport: new MemoryTransport(), statedir: folder.path, fsfreezeHook }),
        (error) => error instanceof AgentError && error.code === 'option',
      );
    }
  });

  it('stops even if it cannot thaw, and leaves the frozen state to the next agent', async () => {
    writeFileSync(folder.file('qga.state.isfrozen'), '');
    // A root without a mount list.
    const agent = await start({ systemRoot: folder.path });
    await agent.stop();
    assert.equal(existsSync(folder.file('qga.state.isfrozen')), true);
  });

  it('tells why it has stopped when its channel breaks', async () => {
    const transport = new MemoryTransport();
    const agent = await start({ transport });
    const reason = new Error('gone');
    transport.listener.fatal(reason);
    assert.equal(await agent.stopped, reason);
    assert.equal(transport.closed, true);
  });

  it('stops once, however often it is told to', async () => {
    const agent = await start();
    await Promise.all([agent.stop(), agent.stop()]);
    await agent[Symbol.asyncDispose]();
    assert.equal(await agent.stopped, undefined);
    assert.equal(existsSync(path), false);
  });

  it('makes a state file that only its own user can read', async () => {
    await start();
    assert.equal(statSync(folder.file('qga.state')).mode & 0o777, 0o600);
    assert.equal(readFileSync(folder.file('qga.state'), 'utf8'), '[global]\nfd_counter=1000\n');
  });
});
