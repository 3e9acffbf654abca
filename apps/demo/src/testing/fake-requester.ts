import { type Answer, type Request, type Requester, RequestFailure } from '../frames.ts';

interface Asked {
  readonly request: Request;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (failure: RequestFailure) => void;
}

/** A connection that keeps what it is asked, for a test to answer. */
export class FakeRequester implements Requester {
  readonly sent: Request[] = [];
  #asked: Asked[] = [];

  request(request: Request): Promise<Answer> {
    this.sent.push(request);
    return new Promise((resolve, reject) => {
      this.#asked.push({ request, resolve, reject });
    });
  }

  notify(request: Request): void {
    this.sent.push(request);
  }

  /** Everything sent of one type. */
  sentOf<T extends Request['type']>(type: T): Extract<Request, { type: T }>[] {
    return this.sent.filter((request): request is Extract<Request, { type: T }> => request.type === type);
  }

  /** Answers the oldest unanswered request of the type, and lets what waits for the answer run. */
  async answer(type: Request['type'], answer: Answer): Promise<void> {
    this.#take(type).resolve(answer);
    await settled();
  }

  async fail(type: Request['type'], failure: RequestFailure): Promise<void> {
    this.#take(type).reject(failure);
    await settled();
  }

  #take(type: Request['type']): Asked {
    const asked = this.#asked.find(({ request }) => request.type === type);
    if (asked === undefined) throw new Error(`nobody asked for ${type}`);
    this.#asked = this.#asked.filter((other) => other !== asked);
    return asked;
  }
}

export function unavailable(): RequestFailure {
  return new RequestFailure('unavailable', 'The broker did not answer.', true);
}

export function disconnected(): RequestFailure {
  return new RequestFailure('disconnected', 'The connection was lost.', true);
}

/** Promise callbacks run before any timer or event; a few turns are more than any chain here needs. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
}
