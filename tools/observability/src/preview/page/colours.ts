/** Of curves in their order, as Grafana's classic palette has them on a dark ground. */
const PALETTE = ['#73bf69', '#f2cc0c', '#8ab8ff', '#ff780a', '#f2495c', '#5794f2', '#b877d9', '#705da0'] as const;
const MORE = ['#37872d', '#fade2a', '#447ebc', '#c15c17', '#890f02', '#0a437c', '#6d1f62', '#584477'] as const;
const NAMED: Readonly<Record<string, string>> = {
  green: '#73bf69',
  red: '#f2495c',
  blue: '#5794f2',
  transparent: 'transparent',
};

/** Darker, for a ground that something white is written upon. */
const GROUNDS: Readonly<Record<string, string>> = { green: '#2c7a34', red: '#b3202f', blue: '#1f60c4' };

export function curveColour(index: number): string {
  const all = [...PALETTE, ...MORE];
  return all[index % all.length] ?? PALETTE[0];
}

/** @throws Error where a panel has a colour that is not among those above */
export function namedColour(name: string): string {
  return colourIn(NAMED, name);
}

/** @throws as `namedColour` */
export function groundColour(name: string): string {
  return colourIn(GROUNDS, name);
}

function colourIn(colours: Readonly<Record<string, string>>, name: string): string {
  const colour = colours[name];
  if (colour === undefined) throw new Error(`nothing is known of the colour ${name}`);
  return colour;
}
