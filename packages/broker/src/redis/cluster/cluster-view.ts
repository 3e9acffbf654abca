import slotOf from 'cluster-key-slot';
import { PARTITION_TAGS } from '../../partition.ts';
import { type HostAddress, showHost } from '../routes/topology.ts';

/** What `CLUSTER NODES` calls a server that has no address, or that nobody has met yet. */
const UNKNOWN = ['noaddr', 'handshake'];

/** Of each partition, the slot of all its names. */
const SLOTS: readonly number[] = PARTITION_TAGS.map((tag) => slotOf(tag));

/** A server of a Redis Cluster, as one of them has it. */
export interface ClusterNode {
  readonly address: HostAddress;
  /** All by which others call it: its own address, whichever it goes by here, and the name that it has, if it has one. */
  readonly names: readonly string[];
  readonly isPrimary: boolean;
  /** Whoever was asked takes it for lost, or for nearly so. */
  readonly isFailed: boolean;
  /** The higher it is, the later it has been given its slots. */
  readonly configEpoch: number;
  /** Those of its slots that are ours. */
  readonly partitions: readonly number[];
}

/** All servers of a cluster, as one of them has it. */
export type ClusterView = readonly ClusterNode[];

export interface ReadOptions {
  /** Who was asked: the address of a server that does not know its own. */
  readonly asked: HostAddress;
  /** Certificates are for names, so servers go by theirs where they have one. */
  readonly isTls: boolean;
}

/**
 * Reads a reply of `CLUSTER NODES`.
 *
 * It alone says by which epoch a server has its slots: so of two views the newer one is known, slot by slot, and a server that was cut
 * off leads nobody back (decisions/0091).
 */
export function readClusterNodes(reply: string, options: ReadOptions): ClusterView {
  const lines = reply.split('\n').filter((line) => line !== '');
  return lines.map((line) => readNode(line.trim(), options)).filter((node) => node !== undefined);
}

/** https://redis.io/docs/latest/commands/cluster-nodes/ */
function readNode(line: string, { asked, isTls }: ReadOptions): ClusterNode | undefined {
  const [, where = '', flagList = '', , , , configEpoch, , ...slots] = line.split(' ');
  const flags = flagList.split(',');
  const [endpoint = '', hostname = ''] = where.split(',');
  const [, ip = '', port] = /^(.*):(\d+)(?:@\d+)?$/.exec(endpoint) ?? [];
  if (port === undefined || flags.some((flag) => UNKNOWN.includes(flag))) return undefined;
  const own = ip === '' ? asked.host : ip;
  const ranges = slots.map(readRange).filter((range) => range !== undefined);
  return {
    address: { host: isTls && hostname !== '' ? hostname : own, port: Number(port) },
    names: hostname === '' ? [own] : [own, hostname],
    isPrimary: flags.includes('master'),
    isFailed: flags.some((flag) => flag.startsWith('fail')),
    configEpoch: Number(configEpoch),
    partitions: SLOTS.flatMap((slot, partition) =>
      ranges.some(({ first, last }) => first <= slot && slot <= last) ? [partition] : [],
    ),
  };
}

/** `7` or `7-99`; what is on its way is in brackets, and still where it is. */
function readRange(text: string): { readonly first: number; readonly last: number } | undefined {
  const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  return first === undefined ? undefined : { first: Number(first), last: Number(last) };
}

/** By partition, who has it by the newest of all that is said; undefined where nobody has. */
export function ownersIn(views: readonly ClusterView[]): readonly (HostAddress | undefined)[] {
  const newest: (ClusterNode | undefined)[] = SLOTS.map(() => undefined);
  for (const node of views.flat()) {
    if (!node.isPrimary) continue;
    for (const partition of node.partitions) {
      const known = newest[partition];
      if (known === undefined || node.configEpoch > known.configEpoch) newest[partition] = node;
    }
  }
  return newest.map((node) => node?.address);
}

/** Where a server is that goes by that name, or that address, in any of the views. */
export function findAddress(views: readonly ClusterView[], { host, port }: HostAddress): HostAddress {
  const node = views.flat().find(({ address, names }) => address.port === port && names.includes(host));
  return node?.address ?? { host, port };
}

/** Those that may be given slots, though they may have none of ours yet. */
export function primariesIn(views: readonly ClusterView[]): readonly HostAddress[] {
  return addressesIn([views.flat().filter(({ isPrimary, isFailed }) => isPrimary && !isFailed)]);
}

/** All servers that anybody knows, each once. */
export function addressesIn(views: readonly ClusterView[]): readonly HostAddress[] {
  return [...new Map(views.flat().map(({ address }) => [showHost(address), address])).values()];
}
