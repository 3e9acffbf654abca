import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';

const MS_PER_SECOND = 1000;

/** When a certificate ends, in seconds since 1970: that of the server, which stands first in a file with a chain. */
export function certificateEndOf({ certFile }: { readonly certFile: string }): number {
  return new X509Certificate(readFileSync(certFile)).validToDate.getTime() / MS_PER_SECOND;
}
