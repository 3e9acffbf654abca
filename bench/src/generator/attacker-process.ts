import { type AttackCount, Attacker } from './attacker.ts';
import { serveCalls } from './calls.ts';

/** What the process of the attacker can be asked. A type, not an interface: it stands for a `Calls`. */
export type AttackerCalls = {
  start: {
    params: {
      readonly url: string;
      readonly squatters: number;
      readonly token: string;
      readonly tokensPerSecond: number;
    };
    result: undefined;
  };
  count: { params: undefined; result: AttackCount };
  stop: { params: undefined; result: undefined };
};

const attacker = new Attacker();

serveCalls<AttackerCalls>({
  start: ({ url, ...plan }) => {
    attacker.start(url, plan);
    return undefined;
  },
  count: () => attacker.count(),
  stop: () => {
    attacker.stop();
    return undefined;
  },
});
