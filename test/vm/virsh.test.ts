// A real libvirt outside the guest: virsh with the C agent, and then with guestd in its place.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it, type TestContext } from 'node:test';
import { filesDisk, swapDisk } from './lab/disks.js';
import { type Answer, type Domain, makeDomain } from './lab/domain.js';
import { guestImage } from './lab/guest-image.js';
import { guestdPackage } from './lab/guestd-package.js';
import { whatIsMissing } from './lab/requirements.js';
import { lastQuestion } from './virsh-guest-life.js';
import type { Question } from './virsh-question.js';
import { questions } from './virsh-questions.js';

/** The commands that these questions need and that guestd lacks. Remove a command here when it is added. */
const notYet: readonly string[] = [];

/** Returns the first line, shortened for the report. */
function firstLine(text: string): string {
  return text.trim().split('\n')[0]?.slice(0, 120) ?? '';
}

const PING = '{"execute":"guest-ping"}';

/** Milliseconds for the whole suite. */
const TIMEOUT = 1_150_000;

describe('virsh', { skip: whatIsMissing('libvirt') ?? false, timeout: TIMEOUT }, () => {
  let domain: Domain;
  /** The results with the C agent, by the title of the question. */
  const expected = new Map<string, readonly Answer[]>();
  /** The commands of guestd. */
  let supported: readonly string[];

  const agent = (request: string, ...options: readonly string[]): Promise<Answer> =>
    domain.virsh('qemu-agent-command', ...options, request);

  const answersPing = async (): Promise<void> =>
    assert.deepEqual(await agent(PING), { status: 0, stdout: '{"return":{}}\n\n', stderr: '' });

  /** Runs a question and returns the results without the parts that differ between runs. */
  const put = async ({ ask, same = (text) => text }: Question): Promise<readonly Answer[]> =>
    (await ask(domain)).map(({ status, stdout, stderr }) => ({
      status,
      stdout: same(stdout),
      stderr: same(stderr),
    }));

  /** Runs a question with guestd, reports the results of both agents, and compares them. */
  const compare = async (context: TestContext, question: Question): Promise<void> => {
    const [before, now] = [expected.get(question.title), await put(question)];
    const [first, ours] = [before, now].map((answers) =>
      answers?.map(({ status, stdout, stderr }) => `${status} ${firstLine(stdout + stderr)}`).join(' | '),
    );
    context.diagnostic(`virsh ${question.title}: C agent: ${first}; guestd: ${ours}`);
    assert.deepEqual(now, before);
  };

  before(async () => {
    domain = await makeDomain({
      image: guestImage(),
      disks: [filesDisk({ 'guestd.deb': readFileSync(guestdPackage()) }, '200M'), swapDisk(1 << 30)],
      kernelArguments: 'resume=/dev/vdc',
    });
    await domain.start();
    for (const question of [...questions, lastQuestion]) expected.set(question.title, await put(question));
    await domain.start();
    await domain.shell('set -e; mount -r /dev/vdb /mnt; dpkg -i /mnt/guestd.deb; umount /mnt');
    await domain.agentComes();
    const { stdout } = await agent('{"execute":"guest-info"}');
    const info = JSON.parse(stdout) as { return: { supported_commands: { name: string }[] } };
    supported = info.return.supported_commands.map(({ name }) => name);
  });
  after(async () => {
    await domain?.[Symbol.asyncDispose]();
  });

  it('reaches guestd after its package has replaced the C agent', async () => {
    assert.equal(
      await domain.shell('readlink /proc/$(systemctl show -P MainPID guestd)/exe'),
      '/usr/sbin/guestd\n',
    );
    await answersPing();
  });

  it('has the expected results with the C agent', () => {
    for (const { title, exits } of [...questions, lastQuestion]) {
      assert.deepEqual(
        expected.get(title)?.map(({ status }) => status),
        exits,
        title,
      );
    }
    const shown = (title: string): readonly string[] => expected.get(title)?.at(-1)?.stdout.split('\n') ?? [];
    const [freeze, thaw, status] = ['freeze', 'thaw', 'status'].map((name) => `guest-fsfreeze-${name}`);
    assert.deepEqual(shown('snapshot-create-as --quiesce'), [freeze, '(transaction)', thaw, status]);
    assert.deepEqual(shown('snapshot-create-as --quiesce, which fails'), [freeze, thaw, status]);
    assert.deepEqual(shown('dompmsuspend disk, start'), ['the same boot']);
    assert.deepEqual(shown('dompmsuspend mem, dompmwakeup'), ['the same boot']);
    assert.deepEqual(shown('reboot --mode agent'), ['another boot']);
  });

  it('has the same results with guestd as with the C agent in the same guest', async (context) => {
    const lacking = (question: Question): readonly string[] =>
      question.needs.filter((command) => !supported.includes(command));
    const missing = new Set(questions.flatMap(lacking));
    assert.deepEqual([...missing].sort(), notYet);
    const possible = questions.filter((question) => lacking(question).length === 0);
    for (const question of possible) {
      await context.test(question.title, (test) => compare(test, question));
    }
    context.diagnostic(`${possible.length} of ${questions.length} questions compared`);
  });

  it('receives a reply to each of twenty concurrent commands', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, id) => agent(`{"execute":"guest-sync","arguments":{"id":${id}}}`)),
    );
    assert.deepEqual(
      answers.map(({ stdout }) => stdout.trim()),
      Array.from({ length: 20 }, (_, id) => `{"return":${id}}`),
    );
  });

  it('reconnects to an agent that was killed and restarted', async () => {
    await domain.shell('systemctl kill -s KILL guestd');
    await domain.events.next("state: 'disconnected'");
    await domain.agentComes();
    await answersPing();
  });

  it('times out with a stopped agent, and synchronizes after its late reply', async () => {
    await domain.shell('systemctl kill -s STOP guestd');
    try {
      assert.deepEqual(await agent('{"execute":"guest-sync","arguments":{"id":111}}', '--timeout', '1'), {
        status: 1,
        stdout: '\n',
        stderr: 'error: Guest agent is not responding: Guest agent not available for now\n',
      });
    } finally {
      await domain.shell('systemctl kill -s CONT guestd');
    }
    await answersPing();
    assert.equal(
      (await agent('{"execute":"guest-sync","arguments":{"id":222}}')).stdout,
      '{"return":222}\n\n',
    );
  });

  it('reaches the agent after libvirt has restarted', async () => {
    const before = domain.log().length;
    await domain.restartLibvirt();
    await answersPing();
    assert.match(domain.log().slice(before), /Sending guest-sync command/);
  });

  it('rejects commands for a paused guest, and accepts them after it was resumed', async () => {
    await domain.virsh('suspend');
    await domain.events.next('Suspended Paused');
    assert.deepEqual(await agent(PING), {
      status: 1,
      stdout: '\n',
      stderr: 'error: Requested operation is not valid: domain is not running\n',
    });
    await domain.virsh('resume');
    await domain.events.next('Resumed');
    await answersPing();
  });

  it('powers the guest off', (context) => compare(context, lastQuestion));
});
