import { NO_FAULTS } from '@outcry/testkit';
import { beforeAll, describe, expect, it } from 'vitest';

import { ENCODINGS, Run } from './support/run.ts';
import { DEADLINE_MS, scaled, TIMEOUT_MS } from './support/scale.ts';
import { Stage } from './support/stage.ts';

const TABS = 20;
const SAID_BY_EACH = scaled({ short: 5, long: 50 });
const ROUNDS = scaled({ short: 1, long: 10 });
const EVERY_MS = 20;
const MESSAGES = scaled({ short: 10_000, long: 100_000 });
const WHOLE = { ...NO_FAULTS, startedAfresh: 0, resets: 0, examples: [] };

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.start({ gateways: 1, settings: { historyCount: 100_000 } });
  return () => stage[Symbol.asyncDispose]();
});

it(
  'gives 20 tabs the same, in either encoding, once and in order, while all of them speak and lose their connections',
  { timeout: TIMEOUT_MS },
  async () => {
    await using run = new Run(stage, 'msgpack');
    for (let tab = 0; tab < TABS; tab++) {
      await run.member(`tab-${String(tab)}`, { settings: { encoding: tab % 2 === 0 ? 'msgpack' : 'json' } });
    }
    const talk = (await run.speaker()).talk(EVERY_MS);
    for (let round = 1; round <= ROUNDS; round++) {
      const said = run.members.map(async (member) => {
        const texts = Array.from({ length: SAID_BY_EACH }, (_, i) => `${member.name} ${String(round)} ${String(i)}`);
        await member.do('publish', run.room, texts);
      });
      stage.all((proxy) => {
        proxy.dropConnections();
      });
      await Promise.all(said);
      for (const member of run.members) {
        await member.untilAnswered(SAID_BY_EACH * round);
        await member.until(() => member.all('joined').length > round, 'has not resumed');
      }
    }
    await talk.stop();
    await run.untilWhole();

    expect(run.judge()).toMatchObject({ ...WHOLE, recovered: TABS * ROUNDS });
  },
);

describe.each(ENCODINGS)('the client in a browser that has much to do, %s', { timeout: TIMEOUT_MS }, (encoding) => {
  it(`takes ${String(MESSAGES)} messages as fast as they come, through two lost connections`, async () => {
    await using run = new Run(stage, encoding);
    const ann = await run.member('ann');
    const speaker = await run.speaker();
    const said = speaker.say(MESSAGES);
    for (const share of [1 / 3, 2 / 3]) {
      await ann.until(() => ann.heard >= MESSAGES * share, 'hears too little', 4 * DEADLINE_MS);
      const mark = ann.mark;
      stage.all((proxy) => {
        proxy.dropConnections();
      });
      await ann.until(() => ann.since(mark, 'joined').length > 0, 'has not resumed');
    }
    await said;
    await run.untilWhole(4 * DEADLINE_MS);

    expect(ann.heard).toBe(MESSAGES);
    expect(run.judge()).toMatchObject({ ...WHOLE, recovered: 2 });
  });
});
