import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { AgentError } from '../../../src/agent-error.js';
import { parseVsockAddress, vsockListen } from '../../../src/transport/vsock-listen.js';
import { Recorder } from '../../support/recorder.js';

function refused(code: string, message: string) {
  return (error: unknown) => {
    assert.ok(error instanceof AgentError);
    assert.equal(error.code, code);
    assert.equal(error.message, message);
    assert.ok(error.advice);
    return true;
  };
}

describe('parseVsockAddress', () => {
  // The results of qemu-ga for the same texts.
  for (const [text, cid, port] of [
    ['3:1024', 3, 1024],
    ['4294967295:4294967295', 4294967295, 4294967295],
    ['0:0', 0, 0],
    ['01:010', 1, 10],
    [' 1:\t2', 1, 2],
    ['+1:+2', 1, 2],
  ] as const) {
    it(`parses ${JSON.stringify(text)}`, () => assert.deepEqual(parseVsockAddress(text), { cid, port }));
  }

  for (const [text, message] of [
    ['', "error parsing address ''"],
    ['5', "error parsing address '5'"],
    [':', "error parsing address ':'"],
    ['1:', "error parsing address '1:'"],
    [':1', "error parsing address ':1'"],
    [`${'1'.repeat(33)}:1`, `error parsing address '${'1'.repeat(33)}:1'`],
    ['1:2,x', "trailing characters in address '1:2,x'"],
    ['a:1', "Failed to parse cid 'a'"],
    ['1a:2', "Failed to parse cid '1a'"],
    ['0x1:2', "Failed to parse cid '0x1'"],
    ['-1:2', "Failed to parse cid '-1'"],
    ['4294967296:1', "Failed to parse cid '4294967296'"],
    ['99999999999999999999:1', "Failed to parse cid '99999999999999999999'"],
    ['1:b', "Failed to parse port 'b'"],
    ['1:2 ', "Failed to parse port '2 '"],
    ['1:2:3', "Failed to parse port '2:3'"],
    ['1:4294967296', "Failed to parse port '4294967296'"],
  ] as const) {
    it(`rejects ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseVsockAddress(text), refused('option', message));
      assert.throws(() => vsockListen(text), refused('option', message));
    });
  }
});

describe('a vsock channel', {
  skip: existsSync('/dev/vsock') ? false : 'no /dev/vsock: load the module vsock',
}, () => {
  it('listens with any context id of the machine, and rejects a second listener', async () => {
    // No other test uses a vsock port.
    const address = `4294967295:${0x4000_0000 + process.pid}`;
    const transport = vsockListen(address);
    const agent = new Recorder(transport);
    await transport.open(agent);
    const second = vsockListen(address);
    await assert.rejects(
      second.open(new Recorder(second)),
      refused('transport', 'Failed to bind socket: Address already in use'),
    );
    await second.close();
    await transport.close();
    assert.deepEqual(agent.fatals, []);
    const third = vsockListen(address);
    await third.open(new Recorder(third));
    await third.close();
  });

  it('reports that the machine has another context id', async () => {
    const transport = vsockListen('77:1024');
    await assert.rejects(
      transport.open(new Recorder(transport)),
      refused('transport', 'Failed to bind socket: Cannot assign requested address'),
    );
    await transport.close();
  });
});
