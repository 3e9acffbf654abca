/** The state of the generator: four words of 32 bits, not all zero. */
export type RandomState = readonly [number, number, number, number];

/**
 * xoshiro128** of Blackman and Vigna (2018): small, fast, with a period of 2^128 - 1. The same seed gives the same numbers
 * on every machine. Not for secrets.
 */
export class Random {
  readonly #state: Uint32Array;

  constructor(state: RandomState) {
    this.#state = Uint32Array.from(state);
  }

  /** A generator of its own for every text. */
  static fromText(text: string): Random {
    // FNV-1a folds the text into a word, splitmix32 spreads that over the state.
    let hash = 0x811c_9dc5;
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x0100_0193);
    const next = (): number => {
      hash = (hash + 0x9e37_79b9) | 0;
      let word = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
      word = Math.imul(word ^ (word >>> 13), 0xc2b2_ae35);
      return word ^ (word >>> 16);
    };
    return new Random([next(), next(), next(), next()]);
  }

  /** 32 random bits. */
  nextWord(): number {
    const [s0 = 0, s1 = 0, s2 = 0, s3 = 0] = this.#state;
    const word = Math.imul(rotateLeft(Math.imul(s1, 5), 7), 9) >>> 0;
    const third = s2 ^ s0;
    const fourth = s3 ^ s1;
    this.#state[0] = s0 ^ fourth;
    this.#state[1] = s1 ^ third;
    this.#state[2] = third ^ (s1 << 9);
    this.#state[3] = rotateLeft(fourth, 11);
    return word;
  }

  /** Uniform in [0, 1). */
  uniform(): number {
    return this.nextWord() / 2 ** 32;
  }

  /** Uniform among the whole numbers from 0 to `bound` - 1. */
  below(bound: number): number {
    return Math.floor(this.uniform() * bound);
  }

  /** Standard normal, by the Box-Muller transform. */
  normal(): number {
    return Math.sqrt(2 * this.exponential()) * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Exponential with mean 1: the waiting time between independent arrivals. */
  exponential(): number {
    return -Math.log(1 - this.uniform());
  }
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
