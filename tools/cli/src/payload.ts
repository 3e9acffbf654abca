import { CommandError } from './command-error.ts';
import { ExitCode } from './exit-code.ts';

/** What a message is read as: text, which is published as `{"text": …}`, or the JSON of the payload. */
export type InputForm = 'text' | 'json';

/** @throws CommandError that says what was expected */
export function parsePayload(line: string, form: InputForm): unknown {
  if (form === 'text') return { text: line };
  try {
    return JSON.parse(line);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CommandError(ExitCode.Usage, `expected JSON, because of --input json: ${why}`);
  }
}
