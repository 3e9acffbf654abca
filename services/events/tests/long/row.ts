/** A row of the table. */
export interface Row {
  readonly what: string;
  readonly bar: string;
  readonly found: string;
  readonly holds: boolean;
}
