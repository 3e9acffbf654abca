/** What takes minutes: a real API server, and pods under Docker. */
export const IS_LONG = process.env['OUTCRY_DEPLOY'] === 'long';
