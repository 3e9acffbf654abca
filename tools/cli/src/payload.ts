import { InvalidArgumentError } from 'commander';

/** What a line says: text, or with `--json` a JSON value. */
export function parsePayload(line: string, isJson: boolean): unknown {
  if (!isJson) return { text: line };
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new InvalidArgumentError(`expected JSON, not ${line}: ${String(cause)}`);
  }
}
