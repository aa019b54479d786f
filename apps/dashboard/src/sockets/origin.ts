import type { IncomingHttpHeaders } from 'node:http';

const first = (header: string | string[] | undefined): string | undefined =>
  (Array.isArray(header) ? header[0] : header)?.split(',')[0]?.trim().toLowerCase();

/**
 * Whether a handshake may come from where it says. Browsers send cookies with any page's WebSocket and ask nobody (no CORS there), so the
 * origin has to be our own host, or one of `publicOrigins`. A script of a foreign page can set neither `Host` nor `X-Forwarded-Host`.
 * Without an origin it is not a browser, and then it has to show a key: a cookie alone is refused.
 */
export function isOriginAllowed(headers: IncomingHttpHeaders, publicOrigins: readonly string[]): boolean {
  const origin = first(headers.origin);
  if (origin === undefined) return headers.cookie === undefined;
  if (publicOrigins.includes(origin)) return true;
  const host = hostOf(origin);
  return host !== undefined && (host === first(headers['x-forwarded-host']) || host === first(headers.host));
}

/** Host and port of an origin, without the scheme's default port; undefined when it is not one (such as `null`). */
function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host || undefined;
  } catch {
    return undefined;
  }
}
