import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatTarget, parseTarget, type Target } from '@guestwire/client';
import fc from 'fast-check';

describe('parseTarget and formatTarget', () => {
  const targets: readonly [text: string, target: Target][] = [
    ['unix:/run/a b.sock', { kind: 'unix', path: '/run/a b.sock' }],
    ['unix:relative:1', { kind: 'unix', path: 'relative:1' }],
    ['tcp:localhost:5000', { kind: 'tcp', host: 'localhost', port: 5000 }],
    ['tcp:127.0.0.1:1', { kind: 'tcp', host: '127.0.0.1', port: 1 }],
    ['tcp:[::1]:65535', { kind: 'tcp', host: '::1', port: 65535 }],
    ['tcp:[fe80::1%eth0]:5000', { kind: 'tcp', host: 'fe80::1%eth0', port: 5000 }],
    ['vsock:3:1234', { kind: 'vsock', cid: 3, port: 1234 }],
    ['vsock:0:4294967294', { kind: 'vsock', cid: 0, port: 4294967294 }],
    ['pty:/dev/pts/3', { kind: 'pty', path: '/dev/pts/3' }],
    ['libvirt:vm1', { kind: 'libvirt', uri: undefined, domain: 'vm1' }],
    ['libvirt:-a "b" 100%/c', { kind: 'libvirt', uri: undefined, domain: '-a "b" 100%/c' }],
    ['libvirt+qemu:///system/vm1', { kind: 'libvirt', uri: 'qemu:///system', domain: 'vm1' }],
    [
      'libvirt+qemu+ssh://me@host:22/system/vm1',
      { kind: 'libvirt', uri: 'qemu+ssh://me@host:22/system', domain: 'vm1' },
    ],
    [
      'libvirt+qemu:///system/vm1?socket=/run/other&mode=direct',
      { kind: 'libvirt', uri: 'qemu:///system?socket=/run/other&mode=direct', domain: 'vm1' },
    ],
    ['libvirt+qemu:///system/a%2Fb%3F%25', { kind: 'libvirt', uri: 'qemu:///system', domain: 'a/b?%' }],
    ['libvirt+qemu:///system/*', { kind: 'libvirt', uri: 'qemu:///system', domain: '*' }],
    ['exec:ssh host "a b" | cat', { kind: 'exec', command: 'ssh host "a b" | cat' }],
  ];
  for (const [text, target] of targets) {
    test(`parse ${text}`, () => {
      assert.deepEqual(parseTarget(text), target);
    });
    test(`format ${text}`, () => {
      assert.equal(formatTarget(target), text);
    });
  }

  const nonsense: readonly [text: string, advice: RegExp][] = [
    ['', /write unix:PATH, tcp:HOST:PORT, .* or exec:COMMAND/],
    ['/run/x.sock', /write unix:PATH, tcp:/],
    [':/x', /write unix:PATH, tcp:/],
    ['UNIX:/x', /write unix:PATH, tcp:/],
    ['constructor:x', /write unix:PATH, tcp:/],
    ['libvirtd:vm1', /write unix:PATH, tcp:/],
    ['unix:', /write unix:PATH, with/],
    ['unix:/a\0b', /write unix:PATH, with/],
    ['tcp:localhost', /write tcp:HOST:PORT/],
    ['tcp::5000', /write tcp:HOST:PORT/],
    ['tcp:localhost:0', /write tcp:HOST:PORT/],
    ['tcp:localhost:65536', /write tcp:HOST:PORT/],
    ['tcp:localhost:1e3', /write tcp:HOST:PORT/],
    ['tcp:::1:5000', /in brackets as in tcp:\[::1\]:5000/],
    ['tcp:[localhost]:5000', /write tcp:HOST:PORT/],
    ['tcp:a/b:5000', /write tcp:HOST:PORT/],
    ['vsock:3', /write vsock:CID:PORT/],
    ['vsock:-1:5', /write vsock:CID:PORT/],
    ['vsock:3:4294967295', /write vsock:CID:PORT/],
    ['vsock:4294967295:5', /write vsock:CID:PORT/],
    ['vsock:0x3:5', /write vsock:CID:PORT/],
    ['vsock:3:5 ', /write vsock:CID:PORT/],
    ['pty:', /write pty:PATH/],
    ['libvirt:', /write libvirt:DOMAIN/],
    ['libvirt:a\nb', /write libvirt:DOMAIN/],
    ['libvirt+vm1', /write libvirt\+URI\/DOMAIN/],
    ['libvirt+qemu:///vm1', /write libvirt\+URI\/DOMAIN/],
    ['libvirt+qemu:///system/', /write libvirt\+URI\/DOMAIN/],
    ['libvirt+qemu:///system/%0A', /write libvirt\+URI\/DOMAIN/],
    ['libvirt+qemu:///system/%zz', /write libvirt\+URI\/DOMAIN/],
    ['libvirt+-c:///system/vm1', /write libvirt\+URI\/DOMAIN/],
    ['libvirt+qemu:///sys tem/vm1', /write libvirt\+URI\/DOMAIN/],
    ['exec:', /write exec:COMMAND/],
    ['exec: ', /write exec:COMMAND/],
  ];
  for (const [text, advice] of nonsense) {
    test(`reject ${JSON.stringify(text)} and say what to write`, () => {
      assert.throws(
        () => parseTarget(text),
        (error) => error instanceof TypeError && advice.test(error.message),
      );
    });
  }

  test('round-trip any domain name with any URI', () => {
    const name = fc.string({ minLength: 1, unit: 'binary' }).filter((text) => !/[\0-\x1f\x7f]/.test(text));
    const uris = [undefined, 'qemu:///system', 'qemu+ssh://u@h/session', 'qemu:///system?socket=/a/b?c/d'];
    fc.assert(
      fc.property(name, fc.constantFrom(...uris), (domain, uri) => {
        const target: Target = { kind: 'libvirt', uri, domain };
        assert.deepEqual(parseTarget(formatTarget(target)), target);
      }),
    );
  });

  test('return a target or throw a TypeError for any text', () => {
    const kinds = fc.constantFrom('', 'unix:', 'tcp:', 'vsock:', 'pty:', 'libvirt:', 'libvirt+', 'exec:');
    fc.assert(
      fc.property(kinds, fc.string(), (kind, rest) => {
        try {
          const target = parseTarget(kind + rest);
          assert.deepEqual(parseTarget(formatTarget(target)), target);
        } catch (error) {
          assert.ok(error instanceof TypeError);
        }
      }),
    );
  });
});
