import { boolean, optionalText, type SettingValues, text } from '@outcry/config';
import { isSymbol } from '@outcry/protocol';

import type { RecordingFile, RecordingOptions } from './recording-source.ts';

const FILES = {
  pattern: /^[^,]+(,[^,]+)*$/,
  accepts: 'a path, or several with commas between them, each as `path` or `SYMBOL=path`',
};
const SPEED = {
  pattern: /^(max|(?!0+(\.0+)?$)\d{1,6}(\.\d{1,6})?)$/,
  accepts: 'a positive factor, or `max`',
};

export const RECORDING_SETTINGS = {
  OUTCRY_FEED_FILE: optionalText(FILES, {
    meaning:
      'The recordings to replay, one symbol each, gzipped (`.gz`) or plain. ' +
      '`SYMBOL=` in front gives a book another name than the venue has for it.',
  }),
  OUTCRY_FEED_SPEED: text(SPEED, {
    meaning: 'How many times as fast as it was received a recording is replayed; `max` waits for nothing but the bus.',
    default: '1',
  }),
  OUTCRY_FEED_LOOP: boolean({
    meaning: 'Replays a recording again and again, each time in a new epoch; otherwise its feed ends with the file.',
    default: true,
  }),
} as const;

export function recordingOptionsOf(settings: SettingValues<typeof RECORDING_SETTINGS>): RecordingOptions {
  return {
    files: (settings.OUTCRY_FEED_FILE ?? '').split(',').map(recordingFileOf),
    speed: settings.OUTCRY_FEED_SPEED === 'max' ? Infinity : Number(settings.OUTCRY_FEED_SPEED),
    isLooping: settings.OUTCRY_FEED_LOOP,
  };
}

/** A path may hold `=` too: it is a symbol's only where a symbol stands before it. */
function recordingFileOf(text: string): RecordingFile {
  const entry = text.trim();
  const equals = entry.indexOf('=');
  const symbol = entry.slice(0, Math.max(0, equals));
  return isSymbol(symbol) ? { path: entry.slice(equals + 1), symbol } : { path: entry };
}
