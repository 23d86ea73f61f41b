import { isIPv6 } from 'node:net';
import {
  formatLibvirt,
  type LibvirtTarget,
  libvirtTarget,
  parseLibvirtUri,
} from './libvirt/libvirt-target.js';

/** How to reach a guest: what {@link parseTarget} makes of a text. */
export type Target =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'vsock'; readonly cid: number; readonly port: number }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'pty'; readonly path: string }
  | LibvirtTarget
  | { readonly kind: 'exec'; readonly command: string };

/** Reads what follows the first colon; `syntax` is what to write. */
interface Form {
  readonly syntax: string;
  readonly read: (rest: string) => Target | undefined;
}

/** The greatest context id and the greatest port of a vsock stand for "any", and name nobody. */
const VSOCK_ANY = 0xffff_ffff;

const forms: Readonly<Record<string, Form>> = {
  unix: {
    syntax: 'unix:PATH, with the path of the socket that leads to the agent',
    read: (path) => (path === '' ? undefined : { kind: 'unix', path }),
  },
  tcp: {
    syntax: 'tcp:HOST:PORT with a port from 1 to 65535, and an IPv6 address in brackets as in tcp:[::1]:5000',
    read(rest) {
      const [, address, name, digits] = /^(?:\[([^\]]+)\]|([^\s:[\]/]+)):(\d{1,5})$/.exec(rest) ?? [];
      const host = address !== undefined && isIPv6(address) ? address : name;
      const port = Number(digits);
      return host === undefined || port < 1 || port > 65535 ? undefined : { kind: 'tcp', host, port };
    },
  },
  vsock: {
    syntax: `vsock:CID:PORT, the guest's context id and a port, each a decimal number below ${VSOCK_ANY}`,
    read(rest) {
      const [, cid, port] = /^(\d{1,10}):(\d{1,10})$/.exec(rest)?.map(Number) ?? [];
      if (cid === undefined || port === undefined || cid >= VSOCK_ANY || port >= VSOCK_ANY) return undefined;
      return { kind: 'vsock', cid, port };
    },
  },
  pty: {
    syntax: 'pty:PATH, with the path of a pseudo-terminal or serial device',
    read: (path) => (path === '' ? undefined : { kind: 'pty', path }),
  },
  libvirt: {
    syntax: "libvirt:DOMAIN, with the domain's name, UUID or number",
    read: (domain) => libvirtTarget(undefined, domain),
  },
  exec: {
    syntax: 'exec:COMMAND, a shell command whose standard input and output lead to the agent',
    read: (command) => (command.trim() === '' ? undefined : { kind: 'exec', command }),
  },
};

const libvirtUri: Form = {
  syntax: 'libvirt+URI/DOMAIN, as in libvirt+qemu:///system/vm1 or libvirt+qemu+ssh://host/system/vm1',
  read: parseLibvirtUri,
};

const ALL_FORMS =
  'unix:PATH, tcp:HOST:PORT, vsock:CID:PORT, pty:PATH, libvirt:DOMAIN, libvirt+URI/DOMAIN or exec:COMMAND';

function formOf(text: string): { readonly form: Form; readonly rest: string } | undefined {
  const [, rest] = /^libvirt\+(.*)$/s.exec(text) ?? [];
  if (rest !== undefined) return { form: libvirtUri, rest };
  const colon = text.indexOf(':');
  const kind = text.slice(0, Math.max(colon, 0));
  const form = Object.hasOwn(forms, kind) ? forms[kind] : undefined;
  return form === undefined ? undefined : { form, rest: text.slice(colon + 1) };
}

/**
 * Reads a target: `unix:/run/vm1/qga.sock`, `tcp:[::1]:5000`, `vsock:3:1234`, `pty:/dev/pts/3`, `libvirt:vm1`,
 * `libvirt+qemu+ssh://host/system/vm1` or `exec:ssh host socat - UNIX:/run/vm1.sock`.
 *
 * In `libvirt+URI/DOMAIN` the domain is what stands behind the last `/` of the path, percent-encoded where its name
 * has characters that mean something there; a query stays with the URI, as in
 * `libvirt+qemu:///system/vm1?socket=/run/other`. {@link formatTarget} writes such a text.
 *
 * @throws {TypeError} if it is none; the message says what to write
 */
export function parseTarget(text: string): Target {
  const found = formOf(text);
  const target = text.includes('\0') ? undefined : found?.form.read(found.rest);
  if (target !== undefined) return target;
  throw new TypeError(`"${text}" is no target: write ${found?.form.syntax ?? ALL_FORMS}`);
}

/** The text of a target: {@link parseTarget} makes the same target of it. */
export function formatTarget(target: Target): string {
  switch (target.kind) {
    case 'unix':
    case 'pty':
      return `${target.kind}:${target.path}`;
    case 'tcp':
      return target.host.includes(':')
        ? `tcp:[${target.host}]:${target.port}`
        : `tcp:${target.host}:${target.port}`;
    case 'vsock':
      return `vsock:${target.cid}:${target.port}`;
    case 'libvirt':
      return formatLibvirt(target);
    case 'exec':
      return `exec:${target.command}`;
  }
}

/**
 * The text of a domain of a libvirt.
 *
 * @throws {TypeError} if there can be no such URI or domain
 */
export function checkedLibvirt(uri: string | undefined, domain: string): string {
  const text = formatTarget({ kind: 'libvirt', uri, domain });
  parseTarget(text);
  return text;
}
