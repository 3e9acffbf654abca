import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, describe, expect, it } from 'vitest';

import { type FetchedDocument, fetchDocument } from './fetch-document.ts';

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await server[Symbol.asyncDispose]();
  }
});

/** Where the listener answers. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

function fetchFrom(url: string, deadlineMs?: number): Promise<FetchedDocument> {
  return fetchDocument(url, {
    signal: new AbortController().signal,
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
  });
}

const DOCUMENT = { keys: [1, 2, 3] };

describe('fetchDocument', () => {
  it.each([
    [{ 'cache-control': 'public, max-age=300' }, 300],
    [{ 'cache-control': 'max-age=300', age: '100' }, 200],
    [{ 'cache-control': 'no-store' }, 0],
    [{ 'cache-control': 'private, max-age=300, s-maxage=10' }, 300],
    [{ date: 'Thu, 01 Jan 2026 00:00:00 GMT', expires: 'Thu, 01 Jan 2026 00:05:00 GMT' }, 300],
    [{ date: 'Thu, 01 Jan 2026 00:00:00 GMT', 'last-modified': 'Wed, 01 Jan 2025 00:00:00 GMT' }, undefined],
    [{}, undefined],
  ])('gives what is there, and for how long it is good: %o', async (headers, freshForSeconds) => {
    const url = await serve((_, response) => response.writeHead(200, headers).end(JSON.stringify(DOCUMENT)));
    const document = await fetchFrom(url);
    expect(document.value).toEqual(DOCUMENT);
    const { freshForMs } = document;
    expect(freshForMs === undefined ? undefined : Math.ceil(freshForMs / 1000)).toBe(freshForSeconds);
  });

  it('follows redirects within the host, and no more than a few', async () => {
    const url = await serve(({ url: path }, response) => {
      if (path === '/there') response.end(JSON.stringify(DOCUMENT));
      else response.writeHead(302, { location: path === '/here' ? '/there' : '/round' }).end();
    });
    expect((await fetchFrom(`${url}/here`)).value).toEqual(DOCUMENT);
    await expect(fetchFrom(`${url}/round`)).rejects.toThrow('redirects too often');
  });

  it('does not follow one to another host, which is not even asked', async () => {
    let asked = 0;
    const other = await serve((_, response) => {
      asked += 1;
      response.end(JSON.stringify(DOCUMENT));
    });
    const url = await serve((_, response) => response.writeHead(307, { location: other }).end());
    await expect(fetchFrom(url)).rejects.toThrow('redirects to another host');
    expect(asked).toBe(0);
  });

  it('asks for JSON, also where it is sent to', async () => {
    const accepted: unknown[] = [];
    const url = await serve(({ url: path, headers }, response) => {
      accepted.push(headers.accept);
      if (path === '/there') response.end(JSON.stringify(DOCUMENT));
      else response.writeHead(302, { location: '/there' }).end();
    });
    await fetchFrom(url);
    expect(accepted).toEqual(['application/json', 'application/json']);
  });

  it('takes as much as the largest providers have, and not a byte more than it says', async () => {
    const text = (bytes: number): string => JSON.stringify('x'.repeat(bytes - 2));
    const url = await serve(({ url: path }, response) => {
      response.end(text(256 * 1024 + (path === '/more' ? 1 : 0)));
    });
    expect((await fetchFrom(url)).value).toHaveLength(256 * 1024 - 2);
    await expect(fetchFrom(`${url}/more`)).rejects.toThrow('has more than 262144 bytes');
  });

  it.each([
    [201, 'http://127.0.0.1/', 'answered with status 201'],
    [204, '/there', 'answered with status 204'],
    [300, '/there', 'answered with status 300'],
    [304, '/there', 'answered with status 304'],
    [503, 'http://127.0.0.1/', 'answered with status 503'],
    [302, 'http://', 'redirects to another host'],
  ])('follows no status %i to %s', async (status, location, problem) => {
    const url = await serve((_, response) => response.writeHead(status, { location }).end());
    await expect(fetchFrom(url)).rejects.toThrow(problem);
  });

  it.each([
    [undefined, 'This operation was aborted'],
    ['the gateway stops', 'the gateway stops'],
  ])('ends when its caller ends it, and says why: %s', async (reason, why) => {
    const caller = new AbortController();
    const url = await serve(() => {
      caller.abort(reason);
    });
    await expect(fetchDocument(url, { signal: caller.signal })).rejects.toThrow(`${url} cannot be had: ${why}`);
  });

  it.each([
    ['another status', { status: 503, body: '{}' }, 'answered with status 503'],
    ['what is no JSON', { status: 200, body: '<html>' }, 'is not JSON'],
    ['what is too large', { status: 200, body: JSON.stringify('x'.repeat(256 * 1024)) }, 'has more than 262144 bytes'],
    ['a redirect to nowhere', { status: 302, body: '' }, 'answered with status 302'],
  ])('refuses %s', async (_, { status, body }, problem) => {
    const url = await serve((__, response) => response.writeHead(status).end(body));
    await expect(fetchFrom(url)).rejects.toThrow(problem);
  });

  it('waits for no provider for ever, be it silent from the start or in its midst', async () => {
    const silent = await serve(() => undefined);
    await expect(fetchFrom(silent, 50)).rejects.toThrow('did not answer within 50 ms');
    const halting = await serve((_, response) => response.write('{"keys":'));
    await expect(fetchFrom(halting, 50)).rejects.toThrow('did not answer within 50 ms');
  });

  it('says why there is nothing', async () => {
    const url = await serve(() => undefined);
    await servers.pop()?.[Symbol.asyncDispose]();
    await expect(fetchFrom(url)).rejects.toThrow(`${url} cannot be had: ECONNREFUSED`);
  });
});
