/** Names of rooms and users that mean something to Redis, to Lua patterns, to a separator, or to nobody but those who bear them. */
export const ODD_NAMES: readonly string[] = [
  'Room1',
  'room1',
  'news/Sports',
  'news%2FSports',
  'комната',
  '部屋 👩‍🚀',
  'a b',
  'a{b}:c',
  '[a-z]?',
  '%d+',
  '"\\\'',
  '@auth0|5f7c8ec7c33c6c004bbafe82',
  '__proto__',
  'constructor',
  'é'.repeat(64),
];
