import type { StandardSchema } from './standard-schema.ts';
import { describeIssues } from './standard-schema.ts';
import { OutcryError } from '../primitives/errors.ts';

/** Between which ends a payload travels. Both are bound to what is sealed. */
export interface SealContext {
  readonly room: string;
  readonly from: string;
}

/** Seals payloads so that the gateway sees none of them. `@outcry/client` has one: `encryptWith`. */
export interface PayloadCipher {
  /** What stands in the frame in the payload's place. */
  seal(data: unknown, context: SealContext): Promise<unknown>;
  /** @throws OutcryError `undecryptable` where this was not sealed for here and by this user with a key that is known */
  open(sealed: unknown, context: SealContext): Promise<unknown>;
}

export interface PayloadPipeOptions<In, Out> {
  readonly schema: StandardSchema<In, Out> | undefined;
  readonly encryption: PayloadCipher | undefined;
}

/** What happens to a room's payloads on their way out and in: checked, then sealed; opened, then checked. */
export class PayloadPipe<In, Out> {
  readonly #options: PayloadPipeOptions<In, Out>;

  constructor(options: PayloadPipeOptions<In, Out>) {
    this.#options = options;
  }

  /** Whether payloads pass as they are. */
  get isEmpty(): boolean {
    return this.#options.schema === undefined && this.#options.encryption === undefined;
  }

  /** What goes into the frame. The schema checks it and changes nothing. */
  async outgoing(data: In, context: () => Promise<SealContext>): Promise<unknown> {
    await this.#check(data);
    const { encryption } = this.#options;
    return encryption === undefined ? data : encryption.seal(data, await context());
  }

  /** What the application gets: the schema's output. */
  async incoming(data: unknown, context: SealContext): Promise<Out> {
    const { encryption } = this.#options;
    return this.#check(encryption === undefined ? data : await encryption.open(data, context));
  }

  /** Without a schema, the payload's type is the application's word. */
  trusted(data: unknown): Out {
    return data as Out;
  }

  async #check(data: unknown): Promise<Out> {
    const { schema } = this.#options;
    if (schema === undefined) return this.trusted(data);
    const result = await schema['~standard'].validate(data);
    if (result.issues === undefined) return result.value;
    throw new OutcryError('invalidData', `the room's schema: ${describeIssues(result.issues)}`);
  }
}
