import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { FLOOD_ATTACKS } from './attacks/floods.ts';
import { FRAME_ATTACKS } from './attacks/frames.ts';
import { NAME_ATTACKS } from './attacks/names.ts';
import { ORIGIN_ATTACKS } from './attacks/origins.ts';
import { SLOW_ATTACKS } from './attacks/slow.ts';
import { SURFACE_ATTACKS } from './attacks/surface.ts';
import { TOKEN_ATTACKS } from './attacks/tokens.ts';
import { WEBSOCKET_ATTACKS } from './attacks/websocket.ts';
import { type Assault, type Attack, runAttack } from './support/attack.ts';
import { Bystander } from './support/bystander.ts';
import { addRow } from './support/table.ts';
import { Target } from './support/target.ts';

const ATTACKS: readonly Attack[] = [
  ...TOKEN_ATTACKS,
  ...ORIGIN_ATTACKS,
  ...SURFACE_ATTACKS,
  ...WEBSOCKET_ATTACKS,
  ...FRAME_ATTACKS,
  ...NAME_ATTACKS,
  ...FLOOD_ATTACKS,
];

describe('a gateway under attack', () => {
  let target: Target;
  let bystander: Bystander;
  let slowAssaults: ReadonlyMap<Attack, Promise<Assault>>;

  beforeAll(async () => {
    target = await Target.start();
    bystander = await Bystander.join(target);
    slowAssaults = new Map(SLOW_ATTACKS.map((attack) => [attack, runAttack(attack, target)]));
  });
  afterAll(async () => {
    await bystander[Symbol.asyncDispose]();
    await target[Symbol.asyncDispose]();
  });

  test.each(ATTACKS.map((attack) => [attack.name, attack] as const))('%s', async (_, attack) => {
    bystander.takeLatenciesMs();
    await judge(attack, await runAttack(attack, target));
  });

  test.each(SLOW_ATTACKS.map((attack) => [attack.name, attack] as const))('%s', async (_, attack) => {
    await judge(attack, (await slowAssaults.get(attack)) ?? { tried: 0, surprises: ['was not begun'] });
  });

  async function judge(attack: Attack, { tried, surprises }: Assault): Promise<void> {
    await bystander.echo();
    const leftBehind = (await attack.inspect?.(target)) ?? [];
    const { faults } = target;
    const hasSurvived = target.isAlive && bystander.problem === undefined && faults.length === 0;
    addRow({
      attack: attack.name,
      tried,
      refused: tried - surprises.length,
      hasSurvived,
      slowestAnswerMs: Math.max(...bystander.takeLatenciesMs()),
    });
    expect([...surprises, ...leftBehind]).toEqual([]);
    expect(faults).toEqual([]);
    expect(bystander.problem).toBeUndefined();
    expect(hasSurvived).toBe(true);
  }
});
