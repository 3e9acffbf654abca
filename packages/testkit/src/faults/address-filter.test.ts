import { describe, expect, it } from 'vitest';

import { createAddressFilter } from './address-filter.ts';

const PORTS = new Map([
  [15_001, 25_001],
  [15_002, 25_002],
]);
const NODES =
  '$98\r\na 127.0.0.1:15001@16001 myself,master - 0 0 1 connected 0-99\nb 127.0.0.1:15002@16002 master - 0 0 2\n\r\n';

function through(pieces: readonly string[]): readonly string[] {
  const filter = createAddressFilter(PORTS);
  return pieces.map((piece) => filter(Buffer.from(piece, 'latin1')).toString('latin1'));
}

describe('createAddressFilter', () => {
  it('names other ports in what servers say of themselves, in as many bytes', () => {
    const [said = ''] = through([NODES]);
    expect(said).toBe(NODES.replace(':15001', ':25001').replace(':15002', ':25002'));
    expect(through(['-ASK 7 127.0.0.1:15002\r\n'])).toEqual(['-ASK 7 127.0.0.1:25002\r\n']);
  });

  it('finds an address wherever pieces end', () => {
    const wanted = through([NODES]).join('');
    for (let at = 0; at <= NODES.length; at += 1) {
      expect(through([NODES.slice(0, at), NODES.slice(at)]).join(''), String(at)).toBe(wanted);
    }
    expect(through(NODES.split(/(?=[^])/)).join('')).toBe(wanted);
  });

  it('lets all else pass at once, other bytes and other ports too', () => {
    const bytes = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join('');
    for (const said of ['+OK\r\n', ':1\r\n', `$256\r\n${bytes}\r\n`, 'at 127.0.0.1:15003\r\n', 'at 127.0.0.1\r\n']) {
      expect(through([said])).toEqual([said]);
    }
  });

  it('takes no port that has more digits than another', () => {
    expect(() => createAddressFilter(new Map([[6379, 15_001]]))).toThrow('port 6379: expected one of five digits');
  });
});
