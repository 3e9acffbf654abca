import { hostname } from 'node:os';
import { pid } from 'node:process';

/** What this process is called where people are told of it: where it is, and which one there. */
export function processName(): string {
  return `${hostname()}/${String(pid)}`;
}
