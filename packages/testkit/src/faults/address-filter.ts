const HOST = '127.0.0.1:';
/** Of ports that are leased. With as many digits in its place, what counts bytes stays right. */
const PORT_DIGITS = 5;
const ADDRESS_BYTES = HOST.length + PORT_DIGITS;
const ADDRESS = new RegExp(`${HOST.replaceAll('.', '\\.')}\\d{${String(PORT_DIGITS)}}`, 'g');

/**
 * Puts other ports in place of those that a server of a Redis Cluster names: `CLUSTER NODES` and `ASK` send whoever listens to the
 * addresses that the servers have, past any proxy that stands before them. A reply ends with the end of a line and an address with
 * a digit, so nothing that is whole is ever held back.
 *
 * @param ports by the port that is named, the one that is said; all of five digits
 * @throws TypeError where one has more, or fewer
 */
export function createAddressFilter(ports: ReadonlyMap<number, number>): (piece: Buffer) => Buffer {
  for (const port of [...ports].flat()) {
    if (!/^\d{5}$/.test(String(port))) throw new TypeError(`port ${String(port)}: expected one of five digits`);
  }
  let rest = '';
  return (piece) => {
    const text = rest + piece.toString('latin1');
    const end = beginOfCut(text);
    rest = text.slice(end);
    const whole = text.slice(0, end).replace(ADDRESS, (address) => {
      const port = Number(address.slice(HOST.length));
      return `${HOST}${String(ports.get(port) ?? port)}`;
    });
    return Buffer.from(whole, 'latin1');
  };
}

/** Where an address begins of which the end has not come yet; the length of the text where there is none. */
function beginOfCut(text: string): number {
  const behindLast = Math.max(0, ...Array.from(text.matchAll(ADDRESS), ({ index }) => index + ADDRESS_BYTES));
  for (let start = Math.max(behindLast, text.length - ADDRESS_BYTES + 1); start < text.length; start += 1) {
    const tail = text.slice(start);
    const [host, port] = [tail.slice(0, HOST.length), tail.slice(HOST.length)];
    if (HOST.startsWith(host) && /^\d*$/.test(port)) return start;
  }
  return text.length;
}
