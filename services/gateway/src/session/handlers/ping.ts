import type { ClientFrameOf } from '@outcry/protocol';

import type { Session } from '../session.ts';

export function handlePing(session: Session, { id }: ClientFrameOf<'ping'>): void {
  session.sendFrame({ type: 'pong', ...(id === undefined ? {} : { id }), at: Date.now() });
}
