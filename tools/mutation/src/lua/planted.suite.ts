import { beforeAll, beforeEach, describe, inject, type TestContext, vi } from 'vitest';
import { type Plant, plantIn } from './plant.ts';
import type { Suite } from './suites.ts';

/** What is planted in the scripts, under a number for the tests that run over it. */
export interface Planted extends Plant {
  readonly id: number;
}

declare module 'vitest' {
  interface ProvidedContext {
    readonly planted: readonly Planted[];
    readonly suites: readonly Pick<Suite, 'file'>[];
    readonly root: string;
  }
}

interface Script {
  callByDigest(keys: unknown, args: unknown): unknown;
  callByText(keys: unknown, args: unknown): unknown;
}
interface ScriptModule {
  readonly Script: new (lua: string, options?: object) => Script;
}

const bench = vi.hoisted(() => ({ change: (lua: string): string => lua }));

/** Scripts are told by a digest of what they were made of: what is planted goes as text. */
vi.mock('../../../../packages/broker/src/redis/scripts/script-call.ts', async (importActual) => {
  const { Script } = await importActual<ScriptModule>();
  return {
    Script: class extends Script {
      readonly #lua: string;
      readonly #options: object | undefined;

      constructor(lua: string, options?: object) {
        super(lua, options);
        this.#lua = lua;
        this.#options = options;
      }

      override callByDigest(keys: unknown, args: unknown): unknown {
        const lua = bench.change(this.#lua);
        return lua === this.#lua ? super.callByDigest(keys, args) : this.#planted(lua).callByText(keys, args);
      }

      override callByText(keys: unknown, args: unknown): unknown {
        return this.#planted(bench.change(this.#lua)).callByText(keys, args);
      }

      #planted(lua: string): Script {
        return new Script(lua, this.#options);
      }
    },
  };
});

for (const planted of inject('planted')) {
  const { id } = planted;
  describe(`#${String(id)}`, () => {
    let isNoticed = false;
    let last: TestContext['task'] | undefined;
    beforeAll(() => {
      bench.change = (lua) => plantIn(lua, planted);
    });
    // Once a test has failed, for good, the others cannot tell anything more.
    beforeEach(({ task, skip }) => {
      isNoticed ||= last !== task && last?.result?.state === 'fail';
      last = task;
      if (isNoticed) skip();
    });
    for (const { file } of inject('suites')) {
      describe(file, async () => {
        beforeAll(() => {
          if (isNoticed || last?.result?.state === 'fail') throw new Error('noticed already');
        });
        // Each time another module, which registers its tests here.
        await import(/* @vite-ignore */ `${inject('root')}/${file}?planted=${String(id)}`);
      });
    }
  });
}
