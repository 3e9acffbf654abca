/** For a publish that may have to be repeated: also on pages that are not served by https, where `randomUUID` is missing. */
export function randomKey(): string {
  return [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(36)).join('');
}
