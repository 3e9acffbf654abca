import { Assault, type AssaultCount, type AssaultPlan } from './assault.ts';
import { serveCalls } from './calls.ts';
import { type SquatCount, Squatters } from './squatters.ts';

/** What the process of the attacker can be asked. A type, not an interface: it stands for a `Calls`. */
export type AttackerCalls = {
  squat: {
    params: {
      readonly url: string;
      readonly squatters: number;
      readonly token: string;
      readonly tokensPerSecond: number;
    };
    result: undefined;
  };
  count: { params: undefined; result: SquatCount };
  stop: { params: undefined; result: undefined };
  /** One at a time. */
  assault: { params: AssaultPlan; result: undefined };
  endAssault: { params: undefined; result: AssaultCount };
};

const squatters = new Squatters();
let assault: Assault | undefined;

serveCalls<AttackerCalls>({
  squat: ({ url, ...plan }) => {
    squatters.start(url, plan);
    return undefined;
  },
  count: () => squatters.count(),
  stop: () => {
    squatters.stop();
    return undefined;
  },
  assault: (plan) => {
    assault = new Assault(plan);
    return undefined;
  },
  endAssault: () => {
    const count = assault?.count() ?? { connections: 0, closed: 0 };
    assault?.stop();
    return count;
  },
});
