// Commands of virsh that shut down, restart or suspend the guest.
import type { Answer, Domain } from './lab/domain.js';
import { inTurn, type Question, seen, type VirshCommand } from './virsh-question.js';

function bootId(domain: Domain): Promise<string> {
  return domain.shell('cat /proc/sys/kernel/random/boot_id');
}

/** Returns whether an event of libvirt is about the agent's port. */
function ofAgent(event: string): boolean {
  return event.startsWith("'agent-lifecycle'");
}

/**
 * Returns the events of the guest since then, and the first and last event of the agent: a suspending guest may close
 * and open its ports several times.
 */
function told(domain: Domain, since: number): Answer[] {
  const events = domain.events.since(since);
  const ofGuest = events.filter((event) => !ofAgent(event));
  const agents = events.filter(ofAgent);
  return [
    seen(...ofGuest.filter((event, index) => event !== ofGuest[index - 1])),
    seen(agents.at(0), agents.at(-1)),
  ];
}

/**
 * Returns a question that stops and starts the guest or its agent.
 *
 * @param exits the exit statuses of the commands of `act`; the events and a comparison of the boot ids follow them
 */
function upAndDown(
  title: string,
  needs: readonly string[],
  exits: readonly number[],
  act: (domain: Domain) => Promise<readonly Answer[]>,
): Question {
  return {
    title,
    needs,
    exits: [...exits, 0, 0, 0],
    async ask(domain) {
      const [boot, before] = [await bootId(domain), domain.events.count()];
      const answers = await act(domain);
      const sameBoot = (await bootId(domain)) === boot;
      return [...answers, ...told(domain, before), seen(sameBoot ? 'the same boot' : 'another boot')];
    },
  };
}

/** The simplest request. */
export const ping: VirshCommand = ['qemu-agent-command', '{"execute":"guest-ping"}'];

/** Suspends to memory and wakes the guest. */
export const sleepToMemory = upAndDown(
  'dompmsuspend mem, dompmwakeup',
  ['guest-suspend-ram'],
  [0, 0, 1, 0, 0, 0],
  async (domain) => {
    const suspended = await domain.virsh('dompmsuspend', 'mem');
    await domain.events.next('PMSuspended');
    const woken = await inTurn(domain, [['domstate'], ping, ['dompmwakeup'], ['domstate', '--reason']]);
    await domain.agentComes();
    return [suspended, ...woken, await domain.virsh(...ping)];
  },
);

/** Suspends to disk and starts the guest; needs a swap area on `/dev/vdc`. */
export const sleepToDisk = upAndDown(
  'dompmsuspend disk, start',
  ['guest-suspend-disk'],
  [0, 0, 0],
  async (domain) => {
    await domain.shell('swapon /dev/vdc');
    const suspended = await domain.virsh('dompmsuspend', 'disk');
    await domain.events.next('Stopped');
    const state = await domain.virsh('domstate', '--reason');
    await domain.start();
    await domain.shell('swapoff /dev/vdc');
    return [suspended, state, await domain.virsh(...ping)];
  },
);

/** Restarts the guest. */
export const restart = upAndDown('reboot --mode agent', ['guest-shutdown'], [0, 0, 0], async (domain) => {
  const answer = await domain.virsh('reboot', '--mode', 'agent');
  await domain.events.next("'reboot'");
  await domain.agentComes();
  return [answer, await domain.virsh('domstate'), await domain.virsh(...ping)];
});

/** Runs last, since it powers the guest off. */
export const lastQuestion: Question = {
  title: 'shutdown --mode agent',
  needs: ['guest-shutdown'],
  exits: [0, 0, 0, 0],
  async ask(domain) {
    const before = domain.events.count();
    const answer = await domain.virsh('shutdown', '--mode', 'agent');
    await domain.events.next('Stopped');
    return [answer, await domain.virsh('domstate', '--reason'), ...told(domain, before)];
  },
};
