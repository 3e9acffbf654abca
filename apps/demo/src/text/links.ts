/** A run of a text: as it stands, or with where it leads. */
export interface TextPart {
  readonly text: string;
  readonly href?: string;
}

/** Anything that could be an address, up to the next blank or what no address has unescaped. */
const CANDIDATE = /\bhttps?:\/\/[^\s<>"`{}|\\^\p{Cc}\p{Bidi_Control}]+/giu;
/** What ends a sentence stands behind an address, not in it. */
const TRAILING: ReadonlySet<string> = new Set(".,:;!?'’”»*_~…");
const OPENING: Readonly<Record<string, string>> = { ')': '(', ']': '[' };

/** Finds the web addresses in a text. The parts, one after the other, are the text. */
export function splitLinks(text: string): readonly TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const { 0: candidate, index } of text.matchAll(CANDIDATE)) {
    const address = withoutTrailing(candidate);
    const href = toHref(address);
    if (href === undefined) continue;
    if (index > end) parts.push({ text: text.slice(end, index) });
    parts.push({ text: address, href });
    end = index + address.length;
  }
  if (end < text.length) parts.push({ text: text.slice(end) });
  return parts;
}

/** "(see https://a.example/b_(c))." leads to "https://a.example/b_(c)". In one pass: anybody may write anything. */
function withoutTrailing(candidate: string): string {
  const balance: Record<string, number> = {};
  for (const [closing, opening] of Object.entries(OPENING)) {
    balance[closing] = countOf(closing, candidate) - countOf(opening, candidate);
  }
  let end = candidate.length;
  for (; end > 0; end -= 1) {
    const last = candidate.charAt(end - 1);
    const surplus = balance[last] ?? 0;
    if (surplus > 0) balance[last] = surplus - 1;
    else if (!TRAILING.has(last)) break;
  }
  return candidate.slice(0, end);
}

function countOf(char: string, text: string): number {
  return text.split(char).length - 1;
}

/** Where it leads: http and https alone, and never with a name in front of the host that looks like another host. */
function toHref(address: string): string | undefined {
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined;
  return url.username === '' && url.password === '' ? url.href : undefined;
}
