import { lookup, type LookupAddress, type LookupOptions } from 'node:dns';

import { isPublicHost } from '@outcry/service';

/** For settings: what a URL looks like, whatever it is of, and the secret that both sides have. */
export const URL_TEXT = { pattern: /^https?:\/\/[\x21-\x7e]{1,1024}$/, accepts: 'a URL' };
export const SECRET_TEXT = {
  pattern: /^[\x21-\x7e]{32,512}$/,
  accepts: '32 to 512 printable ASCII characters without spaces',
};

/** What `isHookUrl` takes, in words. @param plain the setting that lets it be `http` */
export function hookUrlWords(plain: string): string {
  return `an https URL without a user and a fragment; with ${plain}, or an http one of this host or its private network`;
}

/** Whether a hook may be asked there: what is said to it, and what it says, decides who may do what. */
export function isHookUrl(text: string, { mayBePlain }: { readonly mayBePlain: boolean }): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, hash } = new URL(text);
  if (username !== '' || password !== '' || hash !== '') return false;
  return (
    protocol === 'https:' || (protocol === 'http:' && mayBePlain && !isPublicHost(hostname.replace(/^\[|\]$/g, '')))
  );
}

type LookupCallback = (err: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void;

/**
 * Finds private addresses alone: a name without a dot, or of a cluster, may still be resolved to one of the internet, where
 * everybody on the way could read and answer.
 */
export function privateLookup(host: string, options: LookupOptions, callback: LookupCallback): void {
  lookup(host, { ...options, all: true }, (err, addresses) => {
    if (err !== null) {
      callback(err, []);
      return;
    }
    const inside = addresses.filter(({ address }) => !isPublicHost(address));
    const [first] = inside;
    if (first === undefined) callback(new Error(`${host} has no private address`), []);
    else if (options.all === true) callback(null, inside);
    else callback(null, first.address, first.family);
  });
}
