import { describe, expect, it } from 'vitest';

import { ownOf, problemsOfProcesses } from './settings.ts';

const ONE_OF_FOUR = {
  OUTCRY_PROCESSES: 4,
  OUTCRY_PROCESS: 3,
  OUTCRY_INTERNAL_PORT: 8081,
  OUTCRY_NODE_ID: 'gw',
};

describe('ownOf', () => {
  it('gives each process a name and an internal port of its own', () => {
    expect(ownOf(ONE_OF_FOUR)).toEqual({ nodeId: 'gw-3', internalPort: 8083 });
    expect(ownOf({ ...ONE_OF_FOUR, OUTCRY_PROCESS: 1 })).toEqual({ nodeId: 'gw-1', internalPort: 8081 });
  });

  it('leaves any free port, and a name that is not given, to chance', () => {
    const settings = { ...ONE_OF_FOUR, OUTCRY_INTERNAL_PORT: 0, OUTCRY_NODE_ID: undefined };
    expect(ownOf(settings)).toEqual({ nodeId: undefined, internalPort: 0 });
  });

  it('changes nothing for a gateway by itself', () => {
    const settings = { ...ONE_OF_FOUR, OUTCRY_PROCESSES: 1, OUTCRY_PROCESS: 0 };
    expect(ownOf(settings)).toEqual({ nodeId: 'gw', internalPort: 8081 });
  });
});

describe('problemsOfProcesses', () => {
  it('has none where all fits', () => {
    expect(problemsOfProcesses(ONE_OF_FOUR)).toEqual([]);
    expect(problemsOfProcesses({ ...ONE_OF_FOUR, OUTCRY_PROCESSES: 1, OUTCRY_PROCESS: 0 })).toEqual([]);
  });

  it.each([
    [{ OUTCRY_PROCESS: 5 }, 'OUTCRY_PROCESS: expected at most 4, which is OUTCRY_PROCESSES'],
    [{ OUTCRY_PROCESSES: 1 }, 'OUTCRY_PROCESS: there is only one, by OUTCRY_PROCESSES'],
    [{ OUTCRY_INTERNAL_PORT: 65_533 }, 'OUTCRY_INTERNAL_PORT: there is none for the last of 4 processes'],
    [{ OUTCRY_NODE_ID: 'a'.repeat(31) }, 'OUTCRY_NODE_ID: with the number of a process behind it longer than 32'],
  ])('says what is wrong with %o', (settings, problem) => {
    expect(problemsOfProcesses({ ...ONE_OF_FOUR, ...settings })).toEqual([problem]);
  });
});
