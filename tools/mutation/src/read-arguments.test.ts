import { expect, it } from 'vitest';

import { readArguments } from './read-arguments.ts';

const FOLDERS = {
  rooms: { is: 'rooms', run: () => Promise.resolve([]) },
  books: { is: 'order books', run: () => Promise.resolve([]) },
};

it('takes folders, each once, and --anew', () => {
  expect(readArguments(['books', 'rooms', 'books'], FOLDERS)).toEqual({
    suites: [
      ['books', FOLDERS.books],
      ['rooms', FOLDERS.rooms],
    ],
    isAnew: false,
  });
  expect(readArguments(['rooms', '--anew'], FOLDERS)).toMatchObject({ isAnew: true });
});

it.each([
  [[], 'no folder is named'],
  [['room'], 'no folder room'],
  [['toString'], 'no folder toString'],
  [['rooms', '--fast'], 'no option --fast'],
])('says of %j: %s, and what can be asked for', (args, problem) => {
  const answer = readArguments(args, FOLDERS);
  expect(answer).toMatch(problem);
  expect(answer).toMatch(/ {2}rooms {2}rooms\n {2}books {2}order books\n/);
});
