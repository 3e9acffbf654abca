import type { ClientFrameOf } from '@outcry/protocol';

import type { Session } from '../session.ts';

export async function handleSymbols(session: Session, { id }: ClientFrameOf<'symbols'>): Promise<void> {
  session.acknowledge(id, { instruments: await session.services.books.listInstruments() });
}
