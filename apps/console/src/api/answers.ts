/** What the server API answers, as far as the console shows it (docs/SERVER-API.md). */

export interface NodeReport {
  readonly node: string;
  readonly startedAt: number;
  readonly connections: number;
  readonly rooms: number;
  readonly books: number;
  readonly isReady: boolean;
}

export interface Check {
  readonly name: string;
  readonly part?: string;
  readonly ok: boolean;
  readonly reason?: string;
  readonly blocking?: true;
  readonly since: string;
}

export interface NodeHealth {
  readonly node: string;
  readonly status: 'ok' | 'limited' | 'unready';
  readonly summary: string;
  readonly version: string;
  readonly uptimeSeconds: number;
  readonly checks: readonly Check[];
  readonly process: Readonly<Record<string, string | number>>;
}

export interface Story {
  readonly node: string;
  readonly connection: string;
  readonly user: string;
  readonly isGuest: boolean;
  readonly address: string;
  readonly endpoint: string;
  readonly encoding: string;
  readonly openedAt: number;
  readonly lastHeardAt: number;
  readonly rooms: readonly string[];
  readonly roomCount: number;
  readonly books: readonly string[];
  readonly bookCount: number;
  readonly unreadBytes: number;
  readonly heldBack: boolean;
  readonly lagged: number;
  readonly laggedMs: number;
  readonly closed?: Ending;
}

export interface Ending {
  readonly at: number;
  readonly code: number;
  readonly reason: string;
  readonly by: 'gateway' | 'client' | 'network';
}

export interface ListedRoom {
  readonly room: string;
  readonly members?: number;
  readonly stored?: { readonly messages: number; readonly bytes: number };
}

export interface Member {
  readonly user: string;
  readonly connections: number;
}

export interface Message {
  readonly from: string;
  readonly at: number;
  readonly data: unknown;
  readonly seq: number;
}

export interface BookNode {
  readonly node: string;
  readonly isStale: boolean;
  readonly epoch?: string;
  readonly seq?: number;
  readonly at?: number;
  readonly classes: readonly {
    readonly endpoint: string;
    readonly depth: number;
    readonly interval: number;
    readonly watchers: number;
  }[];
}

/** A process that has a lease, as far as it says. */
export interface Holder {
  readonly by?: string;
  readonly since?: number;
}

export interface Book {
  readonly symbol: string;
  readonly sourceKind?: string;
  /** Absent where it cannot be told. */
  readonly led?: boolean;
  readonly leader?: Holder;
  readonly nodes: readonly BookNode[];
}

interface StreamFigures {
  readonly messages: number;
  readonly bytes: number;
  readonly loopMs: number;
}

export interface LoudConnection {
  readonly node: string;
  readonly connection?: string;
  readonly user?: string;
  readonly requests: number;
  readonly loopMs: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly unreadBytes: number;
  readonly heldBack: number;
}

export interface ShardNode {
  readonly node: string;
  readonly up: boolean;
  readonly since?: string;
  readonly partitions: number;
  readonly storage: 'writable' | 'full' | 'readOnly';
  readonly reason?: string;
  readonly answer?: {
    readonly roundTripMs: number;
    readonly version: string;
    readonly role: 'primary' | 'replica';
    readonly replicas: number;
    readonly usedMemoryBytes: number;
    readonly maxMemoryBytes: number;
    readonly evictionPolicy: string;
    readonly commandsPerSecond: number;
    readonly channels: number;
  };
}

export interface Shard {
  readonly shard: string;
  readonly nodes: readonly ShardNode[];
}

export interface Hook {
  readonly node: string;
  readonly hook: string;
  readonly url: string;
  readonly state: 'closed' | 'open' | 'half-open';
  readonly since?: string;
  readonly inFlight: number;
  readonly maxInFlight: number;
  readonly recent: {
    readonly asked: number;
    readonly failed: number;
    readonly medianMs?: number;
    readonly p95Ms?: number;
  };
  readonly lastFailure?: { readonly at: number; readonly kind: string; readonly message: string };
}

export interface ArchiveNode {
  readonly node: string;
  readonly archived: readonly string[];
  readonly lost: number;
  readonly reading?: {
    readonly ok: boolean;
    readonly since?: string;
    readonly pages: number;
    readonly faults: number;
    readonly meanMs?: number;
    readonly searches: number;
  };
}

export interface Archiver extends Holder {
  readonly waiting?: number;
  readonly lagMs?: number;
  readonly stored?: number;
  readonly gaps?: number;
}

export interface ArchivePart {
  readonly part: string;
  readonly archived: boolean;
  readonly archiver?: Archiver;
}

/** Of what all gateways are asked. */
export interface Asked {
  readonly silent: readonly string[];
  /** Why nobody but the gateway that serves the page could be. */
  readonly alone?: string;
}

/** By the names of the commands. */
export interface Answers {
  readonly whoami: { readonly key: string; readonly mayAct: boolean };
  readonly nodes: { readonly nodes: readonly NodeReport[] };
  readonly health: Asked & { readonly nodes: readonly NodeHealth[] };
  readonly shards: Asked & { readonly shards: readonly Shard[] };
  readonly hooks: Asked & { readonly hooks: readonly Hook[] };
  readonly archive: Asked & {
    readonly nodes: readonly ArchiveNode[];
    /** Absent where it cannot be told, and where the process has the archive to itself. */
    readonly parts?: readonly ArchivePart[];
    readonly itself?: true;
  };
  readonly connections: Asked & {
    readonly connections: readonly Story[];
    readonly more: boolean;
    readonly forgotten: readonly { readonly node: string; readonly until: number }[];
  };
  readonly rooms: { readonly count: number; readonly rooms: readonly ListedRoom[]; readonly beyond?: number };
  readonly members: { readonly count: number; readonly members: readonly Member[] };
  readonly history: { readonly seq: number; readonly messages: readonly Message[]; readonly more: boolean };
  readonly books: Asked & { readonly books: readonly Book[] };
  readonly top: {
    readonly nodes: readonly { readonly node: string; readonly busy: number }[];
    readonly silent: readonly string[];
    readonly rooms: readonly ({ readonly room: string } & StreamFigures)[];
    readonly books: readonly ({ readonly book: string } & StreamFigures)[];
    readonly connections: readonly LoudConnection[];
    readonly commands: readonly { readonly command: string; readonly requests: number; readonly loopMs: number }[];
  };
  readonly rebalance: {
    readonly moves: readonly { readonly node: string; readonly connections: number; readonly surplus: number }[];
  };
}
