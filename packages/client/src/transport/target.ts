import { isIPv6 } from 'node:net';
import { invalidArgument } from '../invalid-argument.js';

/** A domain of libvirt. */
interface LibvirtTarget {
  readonly kind: 'libvirt';
  /** The connection URI; `undefined` for the default of virsh. */
  readonly uri: string | undefined;
  /** Its name, UUID or number; `*` for all running domains. */
  readonly domain: string;
}

/** A parsed target: how to reach a guest. */
export type Target =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'vsock'; readonly cid: number; readonly port: number }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'pty'; readonly path: string }
  | LibvirtTarget
  | { readonly kind: 'exec'; readonly command: string };

/** virsh reads lines, and names are shown to people: neither accepts control characters. */
const CONTROL = /[\0-\x1f\x7f]/;

/** A URI with a scheme and a path that is not empty; virsh accepts no other. */
const URI_SHAPE = /^[a-z][a-z0-9+.-]*:\/\/[^/?#\s]*\/[^?#\s]+(\?[^#\s]*)?$/i;

/** Returns the target of a domain; `undefined` if a domain cannot have that name. */
function libvirtTarget(uri: string | undefined, domain: string): LibvirtTarget | undefined {
  return domain === '' || CONTROL.test(domain) ? undefined : { kind: 'libvirt', uri, domain };
}

/** Parses `URI/DOMAIN` or `URI/DOMAIN?QUERY`, where the query belongs to the URI. */
function parseLibvirtUri(text: string): LibvirtTarget | undefined {
  const [, base = '', encoded = '', query = ''] = /^([^?#]*)\/([^/?#]*)(\?[^#]*)?$/.exec(text) ?? [];
  const uri = `${base}${query}`;
  if (!URI_SHAPE.test(uri) || CONTROL.test(uri)) return undefined;
  try {
    return libvirtTarget(uri, decodeURIComponent(encoded));
  } catch {
    return undefined;
  }
}

/** Returns the text of a libvirt target: `libvirt:DOMAIN` or `libvirt+URI/DOMAIN`. */
function formatLibvirt({ uri, domain }: LibvirtTarget): string {
  if (uri === undefined) return `libvirt:${domain}`;
  const [, base, query] = /^([^?]*)(.*)$/s.exec(uri) ?? [];
  return `libvirt+${base}/${domain.replace(/[%/?#\s]/g, encodeURIComponent)}${query}`;
}

interface Form {
  /** What to write, for the error message. */
  readonly syntax: string;
  /** Parses what follows the first colon. */
  readonly parse: (rest: string) => Target | undefined;
}

/** `VMADDR_CID_ANY` and `VMADDR_PORT_ANY`, which are no addresses. */
const VSOCK_ANY = 0xffff_ffff;

const FORMS: Readonly<Record<string, Form>> = {
  unix: {
    syntax: 'unix:PATH, with the path of the socket that leads to the agent',
    parse: (path) => (path === '' ? undefined : { kind: 'unix', path }),
  },
  tcp: {
    syntax: 'tcp:HOST:PORT with a port from 1 to 65535, and an IPv6 address in brackets as in tcp:[::1]:5000',
    parse(rest) {
      const [, address, name, digits] = /^(?:\[([^\]]+)\]|([^\s:[\]/]+)):(\d{1,5})$/.exec(rest) ?? [];
      const host = address !== undefined && isIPv6(address) ? address : name;
      const port = Number(digits);
      return host === undefined || port < 1 || port > 65535 ? undefined : { kind: 'tcp', host, port };
    },
  },
  vsock: {
    syntax: `vsock:CID:PORT, the guest's context id and a port, each a decimal number below ${VSOCK_ANY}`,
    parse(rest) {
      const [, cid, port] = /^(\d{1,10}):(\d{1,10})$/.exec(rest)?.map(Number) ?? [];
      if (cid === undefined || port === undefined || cid >= VSOCK_ANY || port >= VSOCK_ANY) return undefined;
      return { kind: 'vsock', cid, port };
    },
  },
  pty: {
    syntax: 'pty:PATH, with the path of a pseudo-terminal or serial device',
    parse: (path) => (path === '' ? undefined : { kind: 'pty', path }),
  },
  libvirt: {
    syntax: "libvirt:DOMAIN, with the domain's name, UUID or number",
    parse: (domain) => libvirtTarget(undefined, domain),
  },
  'libvirt+URI': {
    syntax: 'libvirt+URI/DOMAIN, as in libvirt+qemu:///system/vm1 or libvirt+qemu+ssh://host/system/vm1',
    parse: parseLibvirtUri,
  },
  exec: {
    syntax: 'exec:COMMAND, a shell command whose standard input and output lead to the agent',
    parse: (command) => (command.trim() === '' ? undefined : { kind: 'exec', command }),
  },
};

const ALL_FORMS =
  'unix:PATH, tcp:HOST:PORT, vsock:CID:PORT, pty:PATH, libvirt:DOMAIN, libvirt+URI/DOMAIN or exec:COMMAND';

/**
 * Parses a target: `unix:/run/vm1/qga.sock`, `tcp:[::1]:5000`, `vsock:3:1234`, `pty:/dev/pts/3`, `libvirt:vm1`,
 * `libvirt+qemu+ssh://host/system/vm1` or `exec:ssh host socat - UNIX:/run/vm1.sock`.
 *
 * In `libvirt+URI/DOMAIN` the domain follows the last `/` of the path, percent-encoded; a query belongs to the URI:
 * `libvirt+qemu:///system/vm1?socket=/run/other`.
 *
 * @throws {TypeError} if it is invalid; the message says what to write
 */
export function parseTarget(text: string): Target {
  const [, kind = '', rest = ''] = /^(libvirt\+|[^:]*:)(.*)$/s.exec(text) ?? [];
  const name = kind === 'libvirt+' ? 'libvirt+URI' : kind.slice(0, -1);
  const form = Object.hasOwn(FORMS, name) ? FORMS[name] : undefined;
  const target = text.includes('\0') ? undefined : form?.parse(rest);
  if (target !== undefined) return target;
  throw invalidArgument(`invalid target "${text}": write ${form?.syntax ?? ALL_FORMS}`);
}

/** Returns the text of a target, the inverse of {@link parseTarget}. */
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

/** Returns the text of a libvirt target; throws a {@link TypeError} if the URI or domain is invalid. */
export function formatCheckedLibvirt(uri: string | undefined, domain: string): string {
  const text = formatTarget({ kind: 'libvirt', uri, domain });
  parseTarget(text);
  return text;
}
