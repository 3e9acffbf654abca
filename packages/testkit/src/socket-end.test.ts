import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { DeadlineError } from './deadline.ts';
import { untilClosed } from './socket-end.ts';

describe('the end of a socket', () => {
  const server = createServer();
  let near: Socket;
  let far: Socket;

  beforeEach(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    near = connect((server.address() as AddressInfo).port, '127.0.0.1');
    [far] = (await once(server, 'connection')) as [Socket];
    near.resume();
  });
  afterEach(() => {
    near.destroy();
    far.destroy();
    server.close();
  });

  it('is a close', async () => {
    const ended = untilClosed(near);
    far.end();
    await ended;
    await untilClosed(near);
  });

  it('is a reset', async () => {
    const ended = untilClosed(near);
    far.resetAndDestroy();
    await ended;
    expect(near.errored).toMatchObject({ code: 'ECONNRESET' });
  });

  it('is missed where it does not come', async () => {
    await expect(untilClosed(near, 10)).rejects.toThrow(DeadlineError);
  });
});
