/** What the terminal can do, by its own word: a `dumb` one has no cursor to move. */
export const isDumbTerminal = process.env['TERM'] === 'dumb';

/** The internal port of a gateway, where the command line names none. */
export const apiUrl = process.env['OUTCRY_API_URL'];

/** What the operator shows the server API. */
export const apiKey = process.env['OUTCRY_API_KEY'];
