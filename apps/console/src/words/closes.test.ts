import { expect, it } from 'vitest';

import type { Ending, Story } from '../api/answers.ts';
import { whyClosed } from './closes.ts';

it('says nothing of a connection that is open', () => {
  expect(whyClosed(story())).toBeUndefined();
});

it.each([
  [{ code: 4202, reason: 'slow-consumer', by: 'gateway' }, 'It read too slowly', false],
  [{ code: 4204, reason: 'heartbeat-timeout', by: 'gateway' }, 'It went silent', false],
  [{ code: 4008, reason: 'disconnected', by: 'gateway' }, 'It was sent away', true],
  [{ code: 4008, reason: 'disconnected', by: 'client' }, 'The client left', false],
  [{ code: 1006, reason: '', by: 'network' }, 'The line broke', false],
  [{ code: 4299, reason: 'of-tomorrow', by: 'gateway' }, 'Closed with 4299', false],
] as const)('says of %j that %s', (ending, what, isOver) => {
  expect(whyClosed(story(ending))).toMatchObject({ what, isOver });
});

it('says how slow, and for how long silent', () => {
  const slow = story({ code: 4202, reason: 'slow-consumer', by: 'gateway' });
  expect(whyClosed(slow)?.detail).toContain(
    '8.4 MB waited for it at the end. It lagged 3 times, for 1 min 1 s in all.',
  );
  const silent = story({ code: 4204, reason: 'heartbeat-timeout', by: 'gateway' });
  expect(whyClosed(silent)?.detail).toContain('Nothing came from it for 45 s');
});

function story(ending?: Omit<Ending, 'at'>): Story {
  return {
    ...{ node: 'gw-1', connection: 'gw-1-1', user: 'ann', isGuest: false, address: '192.0.2.1' },
    ...{ endpoint: '/ws', encoding: 'json', openedAt: 0, lastHeardAt: 5000 },
    ...{ rooms: [], roomCount: 0, books: [], bookCount: 0 },
    ...{ unreadBytes: 8_400_000, heldBack: true, lagged: 3, laggedMs: 61_000 },
    ...(ending === undefined ? {} : { closed: { ...ending, at: 50_000 } }),
  };
}
