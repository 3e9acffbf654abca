import {
  CONNECTION_MEASURES,
  loudest,
  type ConnectionRow,
  type Missed,
  type Sample,
  STREAM_MEASURES,
} from './sample.ts';

export interface NodeSample {
  readonly node: string;
  readonly sample: Sample;
}

/** What was loud in the cluster. */
export interface ClusterSample extends Pick<Sample, 'rooms' | 'books' | 'commands' | 'missed'> {
  readonly connections: (ConnectionRow & { readonly node: string })[];
}

/**
 * Puts together what gateways have said. A room that is loud on several is as loud as all of them together; one of them may not have
 * named it, so what each may have missed adds up, too. A connection is on one gateway.
 */
export function mergeSamples(samples: readonly NodeSample[]): ClusterSample {
  const all = samples.map(({ sample }) => sample);
  const connections = samples.flatMap(({ node, sample }) => sample.connections.map((row) => ({ ...row, node })));
  const rooms = sumBy(
    all.flatMap((sample) => sample.rooms),
    ({ room }) => room,
  );
  const books = sumBy(
    all.flatMap((sample) => sample.books),
    ({ book }) => book,
  );
  const commands = sumBy(
    all.flatMap((sample) => sample.commands),
    ({ command }) => command,
  );
  return {
    rooms: loudest(rooms, STREAM_MEASURES),
    books: loudest(books, STREAM_MEASURES),
    connections: loudest(connections, CONNECTION_MEASURES),
    commands: commands.sort((a, b) => b.loopMs - a.loopMs),
    missed: {
      rooms: missedOf(all, 'rooms', { measures: STREAM_MEASURES, join: (a, b) => a + b }),
      books: missedOf(all, 'books', { measures: STREAM_MEASURES, join: (a, b) => a + b }),
      connections: missedOf(all, 'connections', { measures: CONNECTION_MEASURES, join: (a, b) => Math.max(a, b) }),
    },
  };
}

interface Joining<M extends string> {
  readonly measures: readonly M[];
  readonly join: (a: number, b: number) => number;
}

function missedOf<P extends keyof Missed, M extends keyof Missed[P] & string>(
  samples: readonly Sample[],
  part: P,
  { measures, join }: Joining<M>,
): Record<M, number> {
  const joined = measures.map((measure) => [
    measure,
    samples.map(({ missed }) => Number(missed[part][measure])).reduce(join, 0),
  ]);
  return Object.fromEntries(joined) as Record<M, number>;
}

function sumBy<R extends object>(rows: readonly R[], keyOf: (row: R) => string): R[] {
  const sums = new Map<string, R>();
  for (const row of rows) {
    const known = sums.get(keyOf(row));
    sums.set(keyOf(row), known === undefined ? row : plus(known, row));
  }
  return [...sums.values()];
}

/** Adds up what is a number. */
function plus<R extends object>(one: R, other: R): R {
  const sum = new Map<string, unknown>(Object.entries(one));
  for (const [name, value] of Object.entries(other) as [string, unknown][]) {
    const own = sum.get(name);
    if (typeof own === 'number' && typeof value === 'number') sum.set(name, own + value);
  }
  return Object.fromEntries(sum) as R;
}
