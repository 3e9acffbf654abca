import type pg from 'pg';

export interface Written {
  readonly room: string;
  readonly data: unknown;
  readonly key?: string;
}

export async function publish(client: pg.ClientBase, { room, data, key }: Written): Promise<void> {
  await client.query('SELECT outcry.publish($1, $2, $3)', [room, JSON.stringify(data), key ?? null]);
}

/** How many rows a table of the schema has. */
export async function countRows(client: pg.ClientBase, table: 'outbox' | 'refused'): Promise<number> {
  const { rows } = await client.query<{ readonly count: string }>(`SELECT count(*) FROM outcry.${table}`);
  return Number(rows[0]?.count);
}
