import { expect, it } from 'vitest';

import { limitsConfigOf } from './settings.ts';

it('limits with each setting what the setting names', () => {
  const config = limitsConfigOf({
    OUTCRY_MAX_FRAMES_PER_SECOND: 1,
    OUTCRY_MAX_BYTES_PER_SECOND: 2,
    OUTCRY_MAX_CONTROL_FRAMES_PER_SECOND: 3,
    OUTCRY_MAX_JOINS_PER_SECOND: 4,
    OUTCRY_MAX_SIGNALS_PER_SECOND: 5,
    OUTCRY_MAX_CONNECTIONS_PER_USER: 6,
    OUTCRY_MAX_CONNECTIONS_PER_ADDRESS: 7,
    OUTCRY_MAX_CONNECTS_PER_MINUTE: 8,
    OUTCRY_MAX_ANSWER_BYTES_PER_SECOND: 13,
    OUTCRY_MAX_CALLS_PER_SECOND: 14,
    OUTCRY_MAX_STORED_BYTES_PER_USER: 9,
    OUTCRY_MAX_STORED_BYTES_PER_ADDRESS: 10,
    OUTCRY_MAX_NEW_ROOMS_PER_USER: 11,
    OUTCRY_MAX_NEW_ROOMS_PER_ADDRESS: 12,
  });
  expect(config).toEqual({
    maxFramesPerSecond: 1,
    maxBytesPerSecond: 2,
    maxControlFramesPerSecond: 3,
    maxJoinsPerSecond: 4,
    maxSignalsPerSecond: 5,
    maxAnswerBytesPerSecond: 13,
    maxCallsPerSecond: 14,
    connections: { perUser: 6, perAddress: 7, perAddressPerMinute: 8 },
    stored: { bytesPerUser: 9, bytesPerAddress: 10, roomsPerUser: 11, roomsPerAddress: 12 },
  });
});
