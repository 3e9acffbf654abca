import { describe, expect, it } from 'vitest';

import { checkFileDescriptors } from './file-descriptors.ts';

describe('checkFileDescriptors', () => {
  it('lets through what fits', () => {
    expect(() => {
      checkFileDescriptors(900, 1000);
    }).not.toThrow();
  });

  it('says how many there are, how many it takes, and what to do', () => {
    expect(() => {
      checkFileDescriptors(5000, 1024);
    }).toThrow(
      '5000 connections need 5100 file descriptors; this shell allows 1024\n' +
        '  Raise the limit in this shell (ulimit -n 5100), or use --connections 924.',
    );
  });

  it('knows the limit of this process', () => {
    expect(() => {
      checkFileDescriptors(Number.MAX_SAFE_INTEGER);
    }).toThrow('this shell allows');
  });
});
