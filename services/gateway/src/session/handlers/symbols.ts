import type { ClientFrameOf } from '@outcry/protocol';

import type { BookDirectory } from '../../books/book-directory.ts';
import { acknowledge, type Answerable } from '../answers.ts';

interface Services {
  readonly books: Pick<BookDirectory, 'listInstruments'>;
}

export async function handleSymbols(
  client: Answerable,
  { id }: ClientFrameOf<'symbols'>,
  { books }: Services,
): Promise<void> {
  acknowledge(client, id, { instruments: await books.listInstruments() });
}
