/** A domain of libvirt. */
export interface LibvirtTarget {
  readonly kind: 'libvirt';
  /** The connection URI; `undefined` for the default of virsh. */
  readonly uri: string | undefined;
  /** Its name, UUID or number; `*` for all running domains. */
  readonly domain: string;
}

/** virsh reads lines, and names are shown to people: neither accepts control characters. */
const CONTROL = /[\0-\x1f\x7f]/;

/** A URI with a scheme and a path that is not empty; virsh accepts no other. */
const URI_SHAPE = /^[a-z][a-z0-9+.-]*:\/\/[^/?#\s]*\/[^?#\s]+(\?[^#\s]*)?$/i;

/** Returns the target of a domain; `undefined` if a domain cannot have that name. */
export function libvirtTarget(uri: string | undefined, domain: string): LibvirtTarget | undefined {
  return domain === '' || CONTROL.test(domain) ? undefined : { kind: 'libvirt', uri, domain };
}

/** Parses `URI/DOMAIN` or `URI/DOMAIN?QUERY`, where the query belongs to the URI. */
export function parseLibvirtUri(text: string): LibvirtTarget | undefined {
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
export function formatLibvirt({ uri, domain }: LibvirtTarget): string {
  if (uri === undefined) return `libvirt:${domain}`;
  const [, base, query] = /^([^?]*)(.*)$/s.exec(uri) ?? [];
  return `libvirt+${base}/${domain.replace(/[%/?#\s]/g, encodeURIComponent)}${query}`;
}
