import { isIPv4, isIPv6 } from 'node:net';

const GROUPS = 8;
/** `::ffff:0:0/96`: IPv4 addresses, as sockets for both families show them (RFC 4291 §2.5.5.2). */
const MAPPED_PREFIX = [0, 0, 0, 0, 0, 0xffff];
/** A household, or more than one: a limit by address would mean nothing to whoever has one. */
const SUBJECT_GROUPS = 4;

/** An address as text, always the same for the same address; undefined where it is none. */
export function canonicalAddress(text: string): string | undefined {
  const address = text.trim();
  if (isIPv4(address)) return address;
  if (!isIPv6(address) || address.includes('%')) return undefined;
  const groups = groupsOf(new URL(`http://[${address}]`).hostname.slice(1, -1));
  return fromGroups(groups);
}

/** An address out of its 4 or 16 bytes; undefined where there are as many as of none. */
export function addressOfBytes(bytes: Uint8Array): string | undefined {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 2 * GROUPS) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return fromGroups(Array.from({ length: GROUPS }, (_, i) => view.getUint16(2 * i)));
}

/** What limits by address count: the address, or the /64 network of one of IPv6, because that is what a subscriber has. */
export function networkOf(address: string): string {
  return isIPv4(address) ? address : `${address.split(':').slice(0, SUBJECT_GROUPS).join(':')}::`;
}

/** Every group written out, so that networks can be compared as text. */
function fromGroups(groups: readonly number[]): string {
  if (MAPPED_PREFIX.every((group, i) => group === groups[i])) {
    const [high = 0, low = 0] = groups.slice(MAPPED_PREFIX.length);
    return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
  }
  return groups.map((group) => group.toString(16)).join(':');
}

/** The eight groups of an address as URLs write it: hexadecimal, with at most one `::`. */
function groupsOf(address: string): readonly number[] {
  const [before = [], tail] = address.split('::').map((part) => (part === '' ? [] : part.split(':').map(fromHex)));
  if (tail === undefined) return before;
  const zeros = Array.from({ length: GROUPS - before.length - tail.length }, () => 0);
  return [...before, ...zeros, ...tail];
}

function fromHex(group: string): number {
  return Number.parseInt(group, 16);
}
