import type { Position } from '@outcry/client';
import { parseEndpoint } from '@outcry/endpoint';
import { InvalidArgumentError } from 'commander';

/** A whole number within bounds. */
export function parseWhole(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${String(min)} to ${String(max)}.`);
  };
}

/** `epoch:seq`, as `publish` and every message in JSON say it. */
export function parsePosition(text: string): Position {
  const [, epoch, seq] = /^(.+):(\d+)$/.exec(text) ?? [];
  if (epoch === undefined || !Number.isSafeInteger(Number(seq))) {
    throw new InvalidArgumentError('Expected epoch:seq, as publish prints it.');
  }
  return { epoch, seq: Number(seq) };
}

/** Where the server API is: the internal port of any gateway. */
export function parseApiUrl(text: string): string {
  const url = URL.parse(text);
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url.origin;
  throw new InvalidArgumentError('Expected http:// or https://, a host and a port.');
}

/** For clients or for operators: an internal port by its `http://`, everything else the address of a gateway's sessions. */
export function parseAddress(text: string): string {
  return isInternal(text) && URL.canParse(text) ? text : parseUrl(text);
}

/** Whether it is the address of an internal port. */
export function isInternal(address: string): boolean {
  return /^https?:\/\//i.test(address);
}

/** Where the gateway is: `host:port`, or a URL. */
export function parseUrl(text: string): string {
  try {
    return parseEndpoint(text);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof TypeError ? error.message : String(error));
  }
}
