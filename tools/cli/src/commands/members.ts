import type { Context } from '../context.ts';
import { printable } from '../output/printable.ts';

/** Says who is in a room, oneself aside where nobody else is meant. */
export async function members({ client, output }: Context, name: string): Promise<void> {
  const list = await client.join(name, { history: 0 }).members();
  const lines = list.members
    .toSorted((a, b) => a.user.localeCompare(b.user))
    .map(({ user, connections }) => `${printable(user)} (${String(connections)})`);
  output.write([...lines, `${String(list.count)} in the room`].join('\n'), list);
}
