import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { expect, it } from 'vitest';

import { OutcryProvider, useBook, useMembers, useOutcry, useRoom } from './index.ts';

it('renders on a server without a window and without opening a socket', () => {
  expect(typeof window).toBe('undefined');
  const opened: string[] = [];
  const All = (): string => {
    const parts = [useOutcry().status.state, useRoom('lobby').status, useMembers('lobby').status];
    return [...parts, useBook('BTCUSDT').status, useRoom(undefined).status, useBook(undefined).status].join(' ');
  };
  const webSocket = (url: string): never => {
    opened.push(url);
    throw new Error('expected no socket');
  };
  const html = renderToString(
    createElement(OutcryProvider, { url: 'ws://test/ws', options: { webSocket } }, createElement(All)),
  );
  expect(html).toBe('connecting joining joining loading left closed');
  expect(opened).toEqual([]);
});
