import { boolean, optionalText, type SettingValues, text } from '@outcry/config';
import { isSymbol } from '@outcry/protocol';

import { entriesOf, isRepeating, notASymbol } from '../symbol-list.ts';
import type { RecordingFile, RecordingOptions } from './recording-source.ts';

const FILES = {
  pattern: /^[^,]+(,[^,]+)*$/,
  accepts: 'a path, or several with commas between them, each as `path` or `SYMBOL=path`',
  isList: true,
};
const SPEED = {
  pattern: /^(max|(?=.*[1-9])\d{1,6}(\.\d{1,6})?)$/,
  accepts: 'a factor from 0.000001 to 999999.999999, such as `0.5` or `10`, or `max`',
};

export const RECORDING_SETTINGS = {
  OUTCRY_FEED_FILE: optionalText(FILES, {
    meaning:
      'The recordings to replay, one symbol each, gzipped or plain. ' +
      '`SYMBOL=` in front gives a book another name than the venue has for it; a path with `=` in it begins with `./` or `/`.',
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

type Settings = SettingValues<typeof RECORDING_SETTINGS>;

export function recordingOptionsOf(settings: Settings): RecordingOptions {
  return {
    files: filesOf(settings),
    speed: settings.OUTCRY_FEED_SPEED === 'max' ? Infinity : Number(settings.OUTCRY_FEED_SPEED),
    isLooping: settings.OUTCRY_FEED_LOOP,
  };
}

export function problemsOfFiles(settings: Settings): readonly string[] {
  const files = filesOf(settings);
  const named = files.flatMap(({ symbol }) => (symbol === undefined ? [] : [{ symbol }]));
  const problems = named
    .filter(({ symbol }) => !isSymbol(symbol))
    .map(({ symbol }) => notASymbol('OUTCRY_FEED_FILE', symbol));
  if (files.some(({ path }) => path === '')) problems.push('OUTCRY_FEED_FILE: a path is missing');
  if (isRepeating(named)) problems.push('OUTCRY_FEED_FILE: names a symbol twice');
  return problems;
}

function filesOf({ OUTCRY_FEED_FILE: list }: Settings): readonly RecordingFile[] {
  return list === undefined ? [] : entriesOf(list).map(recordingFileOf);
}

/** A path may hold `=` too: it is a path's where what stands before it has a `/` and cannot be a symbol. */
function recordingFileOf(entry: string): RecordingFile {
  const equals = entry.indexOf('=');
  const symbol = entry.slice(0, Math.max(0, equals));
  const isPath = equals < 0 || (symbol.includes('/') && !isSymbol(symbol));
  return isPath ? { path: entry } : { path: entry.slice(equals + 1), symbol };
}
