/**
 * The Content-Security-Policy of the page: everything comes from its own origin, sockets included, and nothing may frame it. Pictures of
 * users are wherever they are, but never anything else than pictures.
 */
export function contentPolicy({ hasPictures }: { readonly hasPictures: boolean }): string {
  const images = hasPictures ? "'self' https:" : "'self'";
  return `default-src 'none'; script-src 'self'; style-src 'self'; img-src ${images}; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
}
