/** A frame by hand: its name, its tag and type, and its fields in the order of docs/PROTOCOL.md. */
export type VectorSource = readonly [
  name: string,
  tag: number,
  type: string,
  fields: Readonly<Record<string, unknown>>,
];
