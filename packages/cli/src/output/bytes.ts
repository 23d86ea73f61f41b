import { isUtf8 } from 'node:buffer';

/** Bytes in a document of JSON: under the name as text if they are text, else under `NAMEBase64`. */
export function bytesInJson(name: string, bytes: Buffer): Readonly<Record<string, string>> {
  return isUtf8(bytes) ? { [name]: bytes.toString() } : { [`${name}Base64`]: bytes.toString('base64') };
}
