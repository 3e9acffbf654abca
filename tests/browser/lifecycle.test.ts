import { NO_FAULTS } from '@outcry/testkit';
import { beforeAll, describe, expect, it } from 'vitest';

import { metricOf, untilMetric } from '../metrics.ts';
import type { Member } from './support/member.ts';
import { ENCODINGS, Run } from './support/run.ts';
import { scaled, TIMEOUT_MS } from './support/scale.ts';
import { Stage } from './support/stage.ts';

const SAID = scaled({ short: 100, long: 2_000 });
const EVERY_MS = 10;
/** A suspended machine is found out soon. */
const SETTINGS = { heartbeatMs: 500, idleTimeoutMs: 3_000, historyCount: 100_000 };
const WHOLE = { ...NO_FAULTS, startedAfresh: 0, resets: 0, examples: [] };

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.start({ gateways: 1, settings: SETTINGS });
  return () => stage[Symbol.asyncDispose]();
});

describe.each(ENCODINGS)('the client in a browser that stops pages, %s', { timeout: TIMEOUT_MS }, (encoding) => {
  /** Puts another tab before this one, as its user does. */
  async function hide(run: Run, member: Member): Promise<void> {
    const other = await run.window.newPage();
    await other.bringToFront();
    await member.until(() => member.last('platform')?.event === 'visibilitychange hidden', 'is not hidden');
  }

  async function show(member: Member): Promise<void> {
    await member.page.bringToFront();
    await member.until(() => member.last('platform')?.event === 'visibilitychange visible', 'is not shown');
  }

  it('hears everything in a hidden tab, and resumes there', async () => {
    await using run = new Run(stage, encoding);
    const ann = await run.member('ann');
    const speaker = await run.speaker();
    await hide(run, ann);
    await speaker.say(SAID);
    await run.untilWhole();
    const talk = speaker.talk(EVERY_MS);
    for (let cut = 1; cut <= scaled({ short: 2, long: 20 }); cut++) {
      stage.all((proxy) => {
        proxy.dropConnections();
      });
      await ann.until(() => ann.all('joined').length > cut, 'has not resumed');
    }
    await talk.stop();
    await run.untilWhole();
    await show(ann);
    await speaker.say(1);
    await run.untilWhole();

    expect(run.judge()).toMatchObject(WHOLE);
  });

  it.each(['lives on', 'is reset'])(
    'shows what was said while its tab was frozen, where the connection %s',
    async (fate) => {
      await using run = new Run(stage, encoding);
      const ann = await run.member('ann');
      const speaker = await run.speaker();
      await hide(run, ann);
      const session = await ann.cdp;
      await session.send('Page.setWebLifecycleState', { state: 'frozen' });
      await ann.until(() => ann.last('platform')?.event === 'freeze hidden', 'is not frozen');
      const mark = ann.mark;
      await speaker.say(SAID);
      if (fate === 'is reset') {
        stage.all((proxy) => {
          proxy.dropConnections();
        });
        await speaker.say(SAID);
      }
      const heardFrozen = ann.since(mark, 'message').length;
      await session.send('Page.setWebLifecycleState', { state: 'active' });
      await show(ann);
      await run.untilWhole();

      expect(heardFrozen).toBe(0);
      expect(run.judge()).toMatchObject(WHOLE);
    },
  );

  it('resumes when it comes out of the back-forward cache', async () => {
    await using run = new Run(stage, encoding);
    const ann = await run.member('ann');
    const speaker = await run.speaker();
    await speaker.say(SAID);
    await run.untilWhole();
    for (let visit = 1; visit <= scaled({ short: 2, long: 10 }); visit++) {
      const mark = ann.mark;
      await ann.page.goto(`${stage.site.origin}/elsewhere`);
      await speaker.say(SAID);
      await ann.page.evaluate('history.back()');
      await ann.until(() => ann.since(mark, 'platform').some(({ event }) => event === 'pageshow true'), 'is not back');
      await run.untilWhole();
      expect(ann.last('joined')).toMatchObject({ isReconnected: true, isRecovered: true });
    }

    expect(run.judge()).toMatchObject(WHOLE);
  });

  it('resumes when its machine wakes up, where the gateway has given it up meanwhile', async () => {
    await using run = new Run(stage, encoding);
    const ann = await run.member('ann');
    const speaker = await run.speaker();
    await speaker.say(SAID);
    await run.untilWhole();
    const closed = await metricOf(stage.gateway, 'outcry_gateway_closes_total');
    {
      using _suspended = await stage.chromium.suspend();
      await speaker.say(SAID);
      await untilMetric(stage.gateway, 'outcry_gateway_closes_total', closed + 1);
      await speaker.say(SAID);
    }
    await run.untilWhole();

    expect(ann.last('joined')).toMatchObject({ isReconnected: true, isRecovered: true });
    expect(run.judge()).toMatchObject(WHOLE);
  });
});
