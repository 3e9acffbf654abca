/** What a series is called: `{{label}}` is its label, or nothing where it has none. */
export function formatLegend(format: string, labels: Readonly<Record<string, string>>): string {
  return format
    .replaceAll(/\{\{\s*(\w+)\s*\}\}/g, (_, name: string) => (Object.hasOwn(labels, name) ? (labels[name] ?? '') : ''))
    .trim();
}
