import type { IncomingHttpHeaders } from 'node:http';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Whether a request with a session may change something. Browsers send the cookie by themselves, so the page it comes from must be
 * ours: `Sec-Fetch-Site` says so, or else the host of `Origin` is the host that was called (before a proxy: `X-Forwarded-Host`;
 * no foreign page can set that header without a preflight, which we never grant).
 */
export function isSameOrigin(method: string, headers: IncomingHttpHeaders): boolean {
  if (SAFE_METHODS.has(method)) return true;
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  const host = headers['x-forwarded-host'] ?? headers.host;
  return (
    headers.origin !== undefined && typeof host === 'string' && hostOf(headers.origin) === host.toLowerCase()
  );
}

function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host;
  } catch {
    return undefined;
  }
}
