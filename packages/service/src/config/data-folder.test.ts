import { describe, expect, it } from 'vitest';

import { userDataFolder } from './data-folder.ts';

describe('the folder of a user’s data', () => {
  it.each([
    ['linux', {}, '/home/ann/.local/share/outcry'],
    ['linux', { XDG_DATA_HOME: '/data' }, '/data/outcry'],
    ['linux', { XDG_DATA_HOME: 'data' }, '/home/ann/.local/share/outcry'],
    ['linux', { XDG_DATA_HOME: '' }, '/home/ann/.local/share/outcry'],
    ['darwin', { XDG_DATA_HOME: '/data' }, '/home/ann/Library/Application Support/outcry'],
    ['win32', {}, '/home/ann/AppData/Local/outcry'],
    ['win32', { LOCALAPPDATA: '/local' }, '/local/outcry'],
  ] as const)('on %s with %j is %s', (...[platform, environment, folder]) => {
    expect(userDataFolder('outcry', { platform, home: '/home/ann', environment })).toBe(folder);
  });
});
