import { loadBookTickerOracle } from '@outcry/testkit';
import { describe, expect, it } from 'vitest';

import { openRecordingSource } from '../../src/sources/recording/recording-source.ts';
import { collectFrames } from '../support/collect-frames.ts';
import { checkWithOracle } from '../support/oracle-check.ts';
import { pathOf, RECORDINGS } from '../support/recordings.ts';

describe('a recording through the publisher', () => {
  it.for(RECORDINGS)('equals its own book ticker after every depth event: $file', async (recording, context) => {
    const path = pathOf(recording, context);
    const { symbol, events, checkable } = recording;
    const source = await openRecordingSource({ files: [{ path, symbol }], speed: Infinity, isLooping: false });

    const { publisher, frames, stop } = await collectFrames(source, symbol);
    await publisher.finished();
    // The bus delivers what was published last in a later turn.
    await new Promise((resolve) => setImmediate(resolve));
    await stop();
    const { deltas, checked, mismatches } = checkWithOracle(frames.all, await loadBookTickerOracle(path));

    const equal = String(checked - mismatches.length);
    console.log(`${recording.file}: top of book equal ${equal}/${String(checked)}, depth events ${String(deltas)}`);
    expect(mismatches).toEqual([]);
    expect(deltas).toBe(events);
    // The snapshot at the beginning is compared too.
    expect(checked).toBe(checkable + 1);
  });
});
