import type { TestContext } from 'node:test';
import { type Conversation, converse, shell } from './conversation.js';
import { boot, type Hardware, type Machine } from './machine.js';
import { type MonitorEvent, whereItStands } from './monitor.js';

/** A running guest, with the C agent through which tests inspect it. */
export interface Guest extends AsyncDisposable {
  readonly machine: Machine;
  /** The C agent on a separate port. */
  readonly reference: Conversation;
  /** Runs a shell command in the guest and returns its output; rejects with its errors unless it exits with 0. */
  shell(script: string): Promise<string>;
  /** Connects a host to the agent under test, or to the one on another socket, and synchronizes with it. */
  withHost<T>(use: (host: Conversation) => Promise<T>, socket?: string): Promise<T>;
  /** Disconnects from the C agent, for another host; `shell` fails afterwards. */
  leave(): Promise<void>;
  /** Starts QEMU again after it has ended, with the same disks, and waits for the guest. */
  startAgain(): Promise<void>;
  /** Waits for the guest after it has restarted within the same QEMU. */
  isBack(): Promise<void>;
  /** Waits for an event of QEMU, and writes it into the test's report. */
  sees(context: TestContext, event: string): Promise<MonitorEvent>;
}

/** Starts a guest and waits until its C agent replies. */
export async function startGuest(hardware: Hardware): Promise<Guest> {
  const machine = await boot(hardware);
  const meet = async (): Promise<Conversation> => {
    try {
      return await converse(machine.referenceSocket);
    } catch (cause) {
      const where = await whereItStands(machine.monitor).catch(String);
      const said = lastLines(machine.console(), 40);
      throw new Error(`the guest does not start. QEMU: ${where}; its console:\n${said}`, { cause });
    }
  };
  let reference: Conversation;
  try {
    reference = await meet();
  } catch (error) {
    await machine[Symbol.asyncDispose]();
    throw error;
  }
  const isBack = async (): Promise<void> => {
    await reference[Symbol.asyncDispose]();
    reference = await meet();
  };
  return {
    machine,
    get reference() {
      return reference;
    },
    shell: (script) => shell(reference, script),
    async withHost(use, socket = machine.agentSocket) {
      await using host = await converse(socket);
      return await use(host);
    },
    async leave() {
      await reference[Symbol.asyncDispose]();
    },
    async startAgain() {
      await machine.startAgain();
      await isBack();
    },
    isBack,
    async sees(context, name) {
      const event = await machine.monitor.event(name);
      context.diagnostic(`QEMU: ${event.event} ${JSON.stringify(event.data ?? {})}`);
      return event;
    },
    async [Symbol.asyncDispose]() {
      await reference[Symbol.asyncDispose]();
      await machine[Symbol.asyncDispose]();
    },
  };
}

/** Returns the last lines of a text. */
export function lastLines(text: string, count: number): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}
