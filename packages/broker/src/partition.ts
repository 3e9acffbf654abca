import { crc32 } from 'node:zlib';

/**
 * The hash tags of the 64 partitions. A key's slot in Redis Cluster is the CRC16 of its tag; these are chosen such that each lies
 * in the middle of its own 1/64 of the 16,384 slots, so any even division of the slots divides the rooms evenly. The table
 * is part of the names of stored keys: it never changes.
 */
export const PARTITION_TAGS = Object.freeze(
  (
    'mm ry 9i e8 v1 qt ap ax tb kv dn df wo o6 gc xw 8g d6 lc 02 g3 pk on pz 99 zt ul m5 fm yy va iu ' +
    'si k0 ce 8y pd op x9 x1 jf ur zj b3 ik q2 yg fs bk z2 rg ms af an qj i3 c5 dp kh 0t xi xa he 44'
  ).split(' '),
);

export const PARTITION_COUNT = PARTITION_TAGS.length;

/** What a room or a symbol belongs to: a number below `PARTITION_COUNT`. */
export function partitionOf(name: string): number {
  return crc32(name) % PARTITION_COUNT;
}

/** The tag of the partition that a room or a symbol belongs to. No text of a client ever stands in a tag. */
export function partitionTagOf(name: string): string {
  return PARTITION_TAGS[partitionOf(name)] ?? '';
}

/** By tag, as two bytes of ASCII: the number of its partition, and one that is none where it is no tag. */
const BY_TAG = new Uint8Array(0x80 * 0x80).fill(PARTITION_COUNT);
PARTITION_TAGS.forEach((tag, partition) => {
  BY_TAG[tagCode(tag, 0)] = partition;
});

/** The partition whose tag begins at a place of the text, by one look into a table: every command asks. */
export function partitionAt(text: string, at: number): number {
  return BY_TAG[tagCode(text, at)] ?? PARTITION_COUNT;
}

function tagCode(text: string, at: number): number {
  return text.charCodeAt(at) * 0x80 + text.charCodeAt(at + 1);
}
