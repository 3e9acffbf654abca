import { maxOpenFiles } from '@outcry/service';
import { describe, expect, it } from 'vitest';

import { fitOpenFiles } from './open-files.ts';

const RECEPTION = {
  origins: ['*'],
  maxConnections: 1000,
  maxHandshakes: 100,
  maxHandshakesPerAddress: 10,
  maxSockets: 0,
  maxLoopLagMs: 500,
  authDeadlineMs: 5000,
  maxWaiting: 100,
};

describe('connections and the files that a process may open', () => {
  it('are as many as is asked for where they fit, with what is reserved for others', () => {
    const { reception, warning } = fitOpenFiles(RECEPTION, 1000 + 100 + 64);
    expect(reception).toEqual({ ...RECEPTION, maxSockets: 1100 });
    expect(warning).toBeUndefined();
    expect(fitOpenFiles(RECEPTION, Infinity)).toEqual({ reception, warning });
  });

  it('are fewer where they do not fit, which is said in words, and half of them are left for WebSockets', () => {
    const { reception, warning } = fitOpenFiles(RECEPTION, 164);
    expect(reception).toMatchObject({ maxSockets: 100, maxConnections: 99, maxHandshakes: 50 });
    expect(fitOpenFiles({ ...RECEPTION, maxHandshakes: 0 }, 164).reception.maxHandshakes).toBe(50);
    expect(warning).toBe(
      'OUTCRY_MAX_CONNECTIONS (1000) and OUTCRY_MAX_HANDSHAKES (100) need 1164 open files, and this process may have 164 (ulimit -n): it takes 100 sockets at most',
    );
  });

  it('cannot be without a file for any client', () => {
    expect(() => fitOpenFiles(RECEPTION, 65)).toThrow(/this process may open 65 files \(ulimit -n\), and 64 are for/);
  });

  it('is told by the system how many there are', () => {
    expect(maxOpenFiles()).toBeGreaterThan(64);
  });
});
