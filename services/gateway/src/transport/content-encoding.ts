/** In the order in which they are preferred. */
export const CONTENT_ENCODINGS = ['br', 'gzip'] as const;
export type ContentEncoding = (typeof CONTENT_ENCODINGS)[number];

/** The preferred of the encodings that a client takes (RFC 9110 §12.5.3); undefined where it takes none of them. */
export function acceptedEncoding(
  header: string,
  available: (encoding: ContentEncoding) => boolean,
): ContentEncoding | undefined {
  const accepted = new Map(header.split(',').map(weightOf));
  const weight = (encoding: ContentEncoding): number => accepted.get(encoding) ?? accepted.get('*') ?? 0;
  return CONTENT_ENCODINGS.find((encoding) => available(encoding) && weight(encoding) > 0);
}

function weightOf(entry: string): readonly [coding: string, weight: number] {
  const [coding = '', ...parameters] = entry.split(';').map((part) => part.trim().toLowerCase());
  const q = parameters.find((parameter) => parameter.startsWith('q='));
  return [coding, q === undefined ? 1 : Number(q.slice(2)) || 0];
}
