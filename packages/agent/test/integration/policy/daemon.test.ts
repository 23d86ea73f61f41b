import assert from 'node:assert/strict';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type GuestdFolder, guestdFolder } from '../../support/guestd.js';

const PING = '{"execute":"guest-ping"}';
const PONG = '{"return": {}}';
const INFO = '{"execute":"guest-info"}';

describe('guestd with a policy', () => {
  let folder: GuestdFolder;
  let policy: string;

  beforeEach(() => {
    folder = guestdFolder();
    policy = folder.file('policy');
  });

  afterEach(() => folder[Symbol.dispose]());

  const write = (...lines: string[]): void => writeFileSync(policy, lines.join('\n'), { mode: 0o600 });
  const enabled = (reply: string): readonly string[] => {
    const { supported_commands: commands } = JSON.parse(reply).return;
    return commands.flatMap(({ name, enabled }: { name: string; enabled: boolean }) =>
      enabled ? [name] : [],
    );
  };
  const refusal = (text: string): string => `{"error": {"class": "GenericError", "desc": "${text}"}}`;

  it('enables the commands of a preset in guest-info, and names the preset in a refusal', async () => {
    const { host } = await folder.serve(['--policy', 'file-read']);
    assert.deepEqual(enabled(await host.ask(INFO)).toSorted(), [
      'guest-file-close',
      'guest-file-open',
      'guest-file-read',
      'guest-file-seek',
      'guest-info',
      'guest-ping',
      'guest-sync',
      'guest-sync-delimited',
    ]);
    assert.equal(
      await host.ask('{"execute":"guest-exec","arguments":{"path":"/bin/true"}}'),
      refusal(
        'The command guest-exec is refused by the policy: no rule of preset file-read allows guest-exec',
      ),
    );
    assert.equal(
      await host.ask(`{"execute":"guest-file-open","arguments":{"path":"${folder.file('new')}","mode":"w"}}`),
      refusal(
        `failed to open file '${folder.file('new')}' (mode: 'w'): refused by the policy: no rule of preset file-read allows to write files`,
      ),
    );
  });

  it('refuses a command of a list with the text of qemu-ga, whatever the policy', async () => {
    const { host } = await folder.serve(['--policy=audit', '-b', 'guest-ping,guest-exec']);
    for (const name of ['guest-ping', 'guest-exec']) {
      assert.equal(
        await host.ask(`{"execute":"${name}"}`),
        `{"error": {"class": "CommandNotFound", "desc": "Command ${name} has been disabled: the command is not allowed"}}`,
      );
    }
    assert.equal(
      await host.ask('{"execute":"guest-absent"}'),
      '{"error": {"class": "CommandNotFound", "desc": "The command guest-absent has not been found"}}',
    );
  });

  it('names the line of a policy file', async () => {
    write('[commands]', 'preset = unrestricted', 'deny = guest-shutdown', '[programs]', 'deny = /**');
    const { host } = await folder.serve(['--policy', policy]);
    assert.equal(
      await host.ask('{"execute":"guest-shutdown"}'),
      refusal(
        `The command guest-shutdown is refused by the policy: line 3 of ${policy}: deny = guest-shutdown`,
      ),
    );
    assert.match(
      await host.ask('{"execute":"guest-exec","arguments":{"path":"/bin/true"}}'),
      /"desc": "refused by the policy: line 5 of .*: deny = \/\*\*"/,
    );
    assert.equal(await host.ask(PING), PONG);
  });

  it('refuses to start with a policy that others can change, or that is invalid', async () => {
    write('[commands]', 'preset=audti');
    const started = async () => {
      const { code, stderr } = await folder.run(...folder.options, '--policy', policy);
      return `${code} ${stderr}`;
    };
    assert.equal(
      await started(),
      `1 guestd: invalid policy ${policy}: line 2: unknown preset 'audti'; did you mean audit? (guestd policy check ${policy} lists all mistakes)\n`,
    );
    chmodSync(policy, 0o620);
    assert.match(await started(), /^1 guestd: refusing the policy .*: .* can be written by other users \(/);
    chmodSync(policy, 0o600);
    chmodSync(folder.path, 0o777);
    assert.match(await started(), /^1 guestd: refusing the policy .*: .* can be written by other users \(/);
  });

  it('explains a request only if policy is the first word, and starts otherwise', async () => {
    write('[commands]', 'preset=audit');
    const request = '{"execute":"guest-ping"}';
    const { code, stdout } = await folder.run('policy', 'explain', '--policy', policy, request);
    assert.equal(stdout, `allowed: line 2 of ${policy}: preset = audit\nwhile frozen: enabled\n`);
    assert.equal(code, 0);
    const refused = await folder.run('policy', 'explain', '--policy', policy, '{"execute":"guest-exec"}');
    assert.equal(refused.code, 1);
    const wrong = await folder.run('policy', 'exlain');
    assert.equal(wrong.code, 2);
    assert.equal(wrong.stderr, "guestd: unknown action 'exlain'; see guestd policy --help\n");
    const { host } = await folder.serve(['policy', 'explain', request]);
    assert.equal(await host.ask(PING), PONG);
  });

  it('reads the policy again on SIGHUP, and keeps it if the new one is invalid', async () => {
    const log = folder.file('log');
    write('[commands]', 'preset=unrestricted', 'deny=guest-ping');
    const { child, host } = await folder.serve(['--policy', policy, '-v', '-l', log]);
    const logged = async (text: string) => {
      while (!readFileSync(log, 'utf8').includes(text)) await delay(10);
    };
    assert.match(await host.ask(PING), /refused by the policy: line 3 of /);
    write('[commands]', 'preset=unrestricted');
    child.kill('SIGHUP');
    await logged('reloaded');
    assert.equal(await host.ask(PING), PONG);
    write('[commands]', 'deny=guest-ping', 'allow=nothing');
    child.kill('SIGHUP');
    await logged(
      `cannot reload the lists of allowed and blocked commands, and the policy: invalid policy ${policy}: line 3: `,
    );
    assert.equal(await host.ask(PING), PONG);
  });
});
