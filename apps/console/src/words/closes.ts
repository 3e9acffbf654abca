import type { Story } from '../api/answers.ts';
import { bytes, duration } from './figures.ts';

export interface Why {
  /** In a few words. */
  readonly what: string;
  /** For whoever wonders what to do. */
  readonly detail: string;
  /** Whether clients come back by themselves (docs/PROTOCOL.md). */
  readonly isOver: boolean;
}

type Explain = (story: Story) => Pick<Why, 'what' | 'detail'>;

/** What the gateway's own reasons mean to whoever is on call; the codes themselves are docs/PROTOCOL.md's. */
const BY_GATEWAY: Readonly<Record<string, Explain>> = {
  'slow-consumer': ({ unreadBytes, lagged, laggedMs }) => ({
    what: 'It read too slowly',
    detail: `${bytes(unreadBytes)} waited for it at the end. It lagged ${times(lagged)}, for ${duration(laggedMs)} in all. Look at the client’s network, or at what it subscribes to.`,
  }),
  'heartbeat-timeout': ({ lastHeardAt, closed }) => ({
    what: 'It went silent',
    detail: `Nothing came from it for ${duration((closed?.at ?? lastHeardAt) - lastHeardAt)}: the device slept, or its network was gone.`,
  }),
  'token-expired': () => ({ what: 'Its token ran out', detail: 'The client comes back with another one.' }),
  revoked: () => ({
    what: 'Its token was revoked',
    detail: 'By the server API; the log says by whom: “operator acted”.',
  }),
  disconnected: () => ({
    what: 'It was sent away',
    detail: 'By the server API; the log says by whom: “operator acted”.',
  }),
  reconnect: () => ({ what: 'It was asked to come back', detail: 'By the server API, with “may return”.' }),
  restart: () => ({
    what: 'The gateway was drained',
    detail: 'For a stop, a rollout, or by the server API. The client goes elsewhere.',
  }),
  refused: () => ({ what: 'Your server refused it', detail: 'The answer of the hook “connect” (docs/HOOKS.md).' }),
  undecided: () => ({ what: 'Your server did not decide', detail: 'The hook “connect” was slow or away: see Health.' }),
  'rate-limited': () => ({
    what: 'It sent too much',
    detail: 'More frames, bytes or connections than a client may, and warnings went unheeded.',
  }),
  'quota-exceeded': () => ({
    what: 'It had too many connections',
    detail: 'The limit is of a user, or of an address.',
  }),
  malformed: () => ({ what: 'It sent nonsense', detail: 'A frame that could not be decoded: a fault of the client.' }),
  'too-big': () => ({ what: 'It sent too large a frame', detail: 'Larger than OUTCRY_MAX_FRAME_BYTES.' }),
  'unsupported-data': () => ({
    what: 'It mixed up encodings',
    detail: 'Text where bytes were agreed on, or the reverse.',
  }),
  'unknown-symbol': () => ({
    what: 'It asked for a book that there is not',
    detail: 'Or for a depth or an interval that is not on offer.',
  }),
  'broker-unavailable': () => ({ what: 'Redis could not be reached', detail: 'See Health for since when.' }),
  'internal-error': () => ({
    what: 'A fault of the gateway',
    detail: 'Its log has the error, with the name of the connection.',
  }),
};

/** Reasons after which a client does not come back by itself. */
const FINAL = new Set([
  'disconnected',
  'revoked',
  'refused',
  'quota-exceeded',
  'malformed',
  'too-big',
  'unsupported-data',
  'unknown-symbol',
]);

const GOING_AWAY = 1001;

/** Why a connection was closed, in words; undefined of one that is open. */
export function whyClosed(story: Story): Why | undefined {
  const { closed } = story;
  if (closed === undefined) return undefined;
  if (closed.by === 'network') {
    return {
      what: 'The line broke',
      detail: 'No close frame came: the network, a proxy, or a client that was killed.',
      isOver: false,
    };
  }
  if (closed.by === 'client') {
    const detail =
      closed.code === GOING_AWAY ? 'The page was closed or left.' : `With the code ${String(closed.code)}.`;
    return { what: 'The client left', detail, isOver: false };
  }
  const explain = BY_GATEWAY[closed.reason];
  const { what, detail } = explain?.(story) ?? { what: `Closed with ${String(closed.code)}`, detail: closed.reason };
  return { what, detail, isOver: FINAL.has(closed.reason) };
}

function times(count: number): string {
  return count === 1 ? 'once' : `${String(count)} times`;
}
