import type { PostgresProcess, TestRedis } from '@outcry/testkit';

export interface Place {
  readonly redis: TestRedis;
  readonly postgres: PostgresProcess;
}

/** A row of the table. */
export interface Row {
  readonly what: string;
  readonly bar: string;
  readonly found: string;
  readonly holds: boolean;
}
