import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

import type { VenueSnapshot, VenueUpdate } from './binance-server-book.ts';

export interface VenueRecording {
  readonly snapshot: VenueSnapshot;
  /** In the order they were received, those from before the snapshot too. */
  readonly updates: readonly VenueUpdate[];
}

/** What a gzipped recording of one symbol holds for a server that plays the venue: snapshot and depth events. */
export async function loadVenueRecording(file: string): Promise<VenueRecording> {
  const text = (await promisify(gunzip)(await readFile(file))).toString();
  const updates: VenueUpdate[] = [];
  let snapshot: VenueSnapshot | undefined;
  for (const line of text.split('\n')) {
    const json = line.slice(line.indexOf(' ') + 1);
    if (line.includes('"depthUpdate"')) updates.push((JSON.parse(json) as { readonly data: VenueUpdate }).data);
    else if (line.includes('"lastUpdateId"')) snapshot = JSON.parse(json) as VenueSnapshot;
  }
  if (snapshot === undefined) throw new Error(`${file} has no depth snapshot`);
  return { snapshot, updates };
}
