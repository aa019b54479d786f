/** The token of a sign-in link, `#token=…`; undefined when the fragment has none. */
export function tokenOf(fragment: string): string | undefined {
  return new URLSearchParams(fragment.replace(/^#/, '')).get('token') ?? undefined;
}

/**
 * Takes the token out of the address bar before anything else happens, so that it stays neither on the screen nor in the history.
 * A fragment is never sent to a server.
 */
export function takeLinkToken(): string | undefined {
  const token = tokenOf(location.hash);
  if (token !== undefined) history.replaceState(null, '', location.pathname + location.search);
  return token;
}
