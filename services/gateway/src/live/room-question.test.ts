import { RequestError } from '@outcry/protocol';
import { describe, expect, it } from 'vitest';

import { API_COMMANDS } from '../api/api-commands.ts';
import type { ApiParts } from '../api/api-parts.ts';
import { readQuestion } from './room-question.ts';

const GOOD = [
  ...['nodes', 'health', 'top', 'shards', 'hooks', 'archive', 'books'].map((name) => [name, {}] as const),
  ['top', { seconds: 5 }],
  ['connections', { user: 'ann', limit: 50 }],
  ['connections', { user: 'what?', limit: 1 }],
  ['members', { room: 'lobby' }],
  ['history', { room: 'комната', limit: 25 }],
] as const;

function nameOf(command: string, params: object): string {
  return Object.keys(params).length === 0 ? `$console/${command}` : `$console/${command}?${JSON.stringify(params)}`;
}

describe('the name of a room', () => {
  it.each(GOOD)('asks %s of %j', (command, params) => {
    expect(readQuestion(nameOf(command, params))).toEqual({ name: command, command: API_COMMANDS[command], params });
  });

  it.each([
    ['lobby', 'forbidden'],
    ['$console/', 'forbidden'],
    ['$console/none', 'forbidden'],
    ['$console/__proto__', 'forbidden'],
    ['$console/toString', 'forbidden'],
    ['$console/publish?{"room":"lobby","data":1}', 'forbidden'],
    ['$console/drain?{"node":"gw-1"}', 'forbidden'],
    ['$console/search?{"text":"a"}', 'forbidden'],
    ['$console/rooms?{"by":"bytes"}', 'forbidden'],
    ['health', 'forbidden'],
    ['@all', 'forbidden'],
    ['$console/members', 'badRequest'],
    ['$console/members?', 'badRequest'],
    ['$console/members?{"room"', 'badRequest'],
    ['$console/members?null', 'badRequest'],
    ['$console/members?{"room":""}', 'badRequest'],
    ['$console/members?{"room":"lobby","x":1}', 'badRequest'],
    ['$console/history?{"room":"lobby","limit":1001}', 'badRequest'],
    ['$console/connections?{"user":"ann","connection":"gw-1"}', 'badRequest'],
    ['$console/top?{"seconds":1e9}', 'badRequest'],
  ])('%s is refused with %s', (name, code) => {
    expect(() => readQuestion(name)).toThrow(RequestError);
    expect(() => readQuestion(name)).toThrow(expect.objectContaining({ code }) as Error);
  });

  it('asks only what whoever looks may ask: rights are looked at before anything is done', async () => {
    const bearer = { name: 'console', mayAct: false };
    const parts = {} as ApiParts;
    for (const [name, params] of GOOD) {
      const { command } = readQuestion(nameOf(name, params));
      // Without parts it fails, and not for want of rights.
      await expect(command.execute({ name, parts, bearer }, params, [])).rejects.toThrow(TypeError);
    }
    const publish = API_COMMANDS['publish']?.execute({ name: 'publish', parts, bearer }, {}, []);
    await expect(publish).rejects.toMatchObject({ code: 'forbidden' });
  });
});
