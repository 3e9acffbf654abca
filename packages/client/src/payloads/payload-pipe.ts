import { hasMethods, type Rule } from '../primitives/check.ts';
import { OutcryError } from '../primitives/errors.ts';
import { describeIssues, type SchemaResult, type StandardSchema } from './standard-schema.ts';
import { toPayload } from './to-payload.ts';

/** Between which ends a payload travels. Both are bound to what is sealed. */
export interface SealContext {
  readonly room: string;
  readonly from: string;
}

/** Seals payloads so that the gateway sees none of them. `@outcry/client` has one: `encryptWith`. */
export interface PayloadCipher {
  /** What stands in the frame in the payload's place. Of the payload it gets a plain copy: what JSON has, and bytes. */
  seal(data: unknown, context: SealContext): Promise<unknown>;
  /** @throws OutcryError `undecryptable` where this was not sealed for here and by this user with a key that is known */
  open(sealed: unknown, context: SealContext): Promise<unknown>;
}

export const CIPHER: Rule = [(value) => hasMethods(value, 'seal', 'open'), 'a cipher: seal and open'];
export const SCHEMA: Rule = [
  (value) => hasMethods((value as StandardSchema | null)?.['~standard'], 'validate'),
  'a Standard Schema: ~standard.validate',
];

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

  get encryption(): PayloadCipher | undefined {
    return this.#options.encryption;
  }

  /**
   * What the schema says of a payload that goes out, and changes nothing of: undefined where it has said at once that it is right.
   *
   * @throws OutcryError `invalidData` where it has said at once that it is not
   */
  checkOutgoing(data: In): Promise<void> | undefined {
    const result = this.#options.schema?.['~standard'].validate(data);
    if (result === undefined) return undefined;
    if ('then' in result) {
      const checked = result.then(outputOf).then(() => undefined);
      // Whoever waits for it hears of a refusal; nobody need wait.
      checked.catch(() => undefined);
      return checked;
    }
    outputOf(result);
    return undefined;
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
    return schema === undefined ? this.trusted(data) : outputOf(await schema['~standard'].validate(data));
  }
}

/** As it stands in the frame. */
export async function seal(payload: unknown, context: SealContext, cipher: PayloadCipher): Promise<unknown> {
  return toPayload(await cipher.seal(payload, context));
}

function outputOf<Out>(result: SchemaResult<Out>): Out {
  if (result.issues === undefined) return result.value;
  throw new OutcryError('invalidData', `the room's schema: ${describeIssues(result.issues)}`);
}
