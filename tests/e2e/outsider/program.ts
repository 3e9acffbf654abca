import { connect, type Message, type StandardSchema } from '@outcry/client';

interface Chat {
  readonly text: string;
}

const schema: StandardSchema<Chat> = {
  '~standard': {
    version: 1,
    vendor: 'program',
    validate: (value) =>
      typeof value === 'object' && value !== null && 'text' in value && typeof value.text === 'string'
        ? { value: { text: value.text } }
        : { issues: [{ message: 'expected text' }] },
  },
};

/** What somebody outside the workspace would write: a room with a type, and a book. */
export async function visit(url: string): Promise<string> {
  const client = connect(url, { token: 'ann' });
  try {
    const room = client.join('packed', { schema });
    const { seq } = await room.publish({ text: 'hello from a package' });
    const message = await find(room, seq);
    // @ts-expect-error the schema gives payloads their type
    const nothing: unknown = message.data.nothing;
    const book = client.book('BTCUSDT', { depth: 10, interval: 100, checksum: true });
    for await (const change of book) {
      if (change.type === 'delta') return `${message.data.text}, ${typeof nothing}, ${book.status}`;
    }
    throw new Error('the book ended');
  } finally {
    client.close();
  }
}

async function find(room: AsyncIterable<Message<Chat>>, seq: number): Promise<Message<Chat>> {
  for await (const message of room) if (message.seq === seq) return message;
  throw new Error('the room ended');
}
