const NAME = 'outcry-console-key';

/** The key of whoever looks: in the page, and in this tab's storage where they want to keep it through reloads. */
export function keptKey(): string | undefined {
  return sessionStorage.getItem(NAME) ?? undefined;
}

export function keepKey(key: string): void {
  sessionStorage.setItem(NAME, key);
}

export function forgetKey(): void {
  sessionStorage.removeItem(NAME);
}

/** What a header can carry: anything else is no key. */
export function isKey(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}
