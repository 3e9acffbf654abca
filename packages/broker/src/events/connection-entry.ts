/** A connection as a member of the room of its node's connections. */
export interface ConnectionEntry {
  /** As `welcome` names it. */
  readonly connection: string;
  readonly user: string;
  readonly isGuest: boolean;
}

const GUEST = 'guest';
const USER = 'user';
/** Names of connections have no space. */
const ENTRY = /^(\S+) (guest|user) (.*)$/s;

/** The name that it has there. */
export function writeConnectionEntry({ connection, user, isGuest }: ConnectionEntry): string {
  return `${connection} ${isGuest ? GUEST : USER} ${user}`;
}

/** Undefined where it is no such name. */
export function readConnectionEntry(name: string): ConnectionEntry | undefined {
  const [, connection, kind, user] = ENTRY.exec(name) ?? [];
  if (connection === undefined || user === undefined) return undefined;
  return { connection, user, isGuest: kind === GUEST };
}
