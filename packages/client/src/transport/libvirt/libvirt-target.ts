/** A domain of a libvirt: of the one that `uri` names, or of the one that virsh finds by itself. */
export interface LibvirtTarget {
  readonly kind: 'libvirt';
  readonly uri: string | undefined;
  /** Its name, UUID or number; `*` for all that run. */
  readonly domain: string;
}

/** virsh is fed line by line, and a name is shown to people: neither takes control characters. */
const CONTROL = /[\0-\x1f\x7f]/;

/** A URI with a scheme and a path that is not empty: virsh has no use for another. */
const URI_SHAPE = /^[a-z][a-z0-9+.-]*:\/\/[^/?#\s]*\/[^?#\s]+(\?[^#\s]*)?$/i;

/** The domain of a libvirt, if a domain can have that name. */
export function libvirtTarget(uri: string | undefined, domain: string): LibvirtTarget | undefined {
  return domain === '' || CONTROL.test(domain) ? undefined : { kind: 'libvirt', uri, domain };
}

/** Reads `URI/DOMAIN` or `URI/DOMAIN?QUERY`, where the query belongs to the URI. */
export function parseLibvirtUri(text: string): LibvirtTarget | undefined {
  const [, place = '', encoded = '', query = ''] = /^([^?#]*)\/([^/?#]*)(\?[^#]*)?$/.exec(text) ?? [];
  const uri = `${place}${query}`;
  const domain = decoded(encoded);
  return domain === undefined || !URI_SHAPE.test(uri) || CONTROL.test(uri)
    ? undefined
    : libvirtTarget(uri, domain);
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Writes what {@link parseLibvirtUri} reads, behind `libvirt+`, or `libvirt:DOMAIN` if there is no URI. */
export function formatLibvirt({ uri, domain }: LibvirtTarget): string {
  if (uri === undefined) return `libvirt:${domain}`;
  const query = uri.indexOf('?');
  const [place, rest] = query < 0 ? [uri, ''] : [uri.slice(0, query), uri.slice(query)];
  return `libvirt+${place}/${domain.replace(/[%/?#\s]/g, encodeURIComponent)}${rest}`;
}
