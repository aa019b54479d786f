import type { Finding } from '../finding';

const NAME = 'api-authentication';
const METHODS = ['get', 'head', 'post', 'put', 'patch', 'delete'];
const TIMEOUT_MS = 10_000;
/** Says to whoever reads the platform's log what these requests are. */
const USER_AGENT = 'tidewatch-security-check';

interface Operation {
  readonly security?: readonly unknown[];
}

interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

type Credential = 'none' | 'unknown key' | 'key in the address';
type Answer = Pick<Response, 'status' | 'headers'>;

/**
 * Calls every operation of a platform's OpenAPI document without a valid key: each has to answer 401, whatever else is wrong with the
 * request. Then looks at what the front door shows to everybody. Bodies are empty and identifiers belong to nothing, so that an open
 * door shows itself without harm. Throws an `Error` with one line when the platform cannot be reached.
 */
export async function probePlatform(url: string): Promise<{ findings: Finding[]; looked: number }> {
  const document = await documentOf(url);
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method, { security }]) => METHODS.includes(method) && !isOpen(security))
      .map(([method]) => ({ method: method.toUpperCase(), path: path.replace(/\{\w+\}/g, '0') })),
  );
  const findings: Finding[] = [];
  for (const operation of operations) findings.push(...(await tryOperation(url, operation)));
  findings.push(...(await tryFrontDoor(url)));
  return { findings, looked: operations.length };
}

/** Declared as callable without a credential. */
const isOpen = (security: Operation['security']): boolean => security?.length === 0;

async function documentOf(url: string): Promise<ApiDocument> {
  try {
    const response = await fetch(new URL('/openapi.json', url), { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) throw new Error(`it answers ${response.status}`);
    return (await response.json()) as ApiDocument;
  } catch (error) {
    const { message, cause } = error as Error & { cause?: Error };
    throw new Error(`${url}/openapi.json can't be read: ${cause?.message ?? message}`);
  }
}

async function tryOperation(
  url: string,
  { method, path }: { method: string; path: string },
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const credential of ['none', 'unknown key', 'key in the address'] as const) {
    const { status } = await call(url, method, path, credential);
    if (status === 401) continue;
    // The gateway may have had enough of refused requests; that is a refusal too.
    if (status === 429) continue;
    findings.push({
      rule: `${NAME}/open-operation`,
      place: { file: url, subject: `${method} ${path}` },
      message: `Credential: ${credential}. It answers ${status} instead of 401.`,
    });
  }
  return findings;
}

async function call(url: string, method: string, path: string, credential: Credential): Promise<Answer> {
  const target = new URL(path, url);
  const headers: Record<string, string> = { 'user-agent': USER_AGENT };
  if (credential === 'unknown key') headers['x-api-key'] = 'tw_unknown';
  if (credential === 'key in the address') target.searchParams.set('api_key', 'tw_unknown');
  const response = await fetch(target, {
    method,
    headers,
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  await response.body?.cancel();
  return response;
}

const HEADERS: Readonly<Record<string, RegExp>> = {
  'content-security-policy': /default-src/,
  'x-content-type-options': /^nosniff$/,
  'referrer-policy': /./,
};

async function tryFrontDoor(url: string): Promise<Finding[]> {
  const { headers } = await call(url, 'GET', '/', 'none');
  const findings: Finding[] = [];
  const report = (rule: string, subject: string, message: string): void => {
    findings.push({ rule: `${NAME}/${rule}`, place: { file: url, subject }, message });
  };
  for (const [name, wanted] of Object.entries(HEADERS)) {
    if (!wanted.test(headers.get(name) ?? ''))
      report('header', 'GET /', `The header ${name} is missing or too weak.`);
  }
  for (const name of ['x-powered-by', 'server']) {
    const value = headers.get(name);
    if (value !== null) report('banner', 'GET /', `The header ${name} tells what runs here: ${value}.`);
  }
  const { status } = await call(url, 'GET', '/metrics', 'none');
  if (status === 200) report('metrics', 'GET /metrics', 'Metrics of the platform are open to everybody.');
  const { protocol, hostname } = new URL(url);
  if (protocol === 'http:' && !['localhost', '127.0.0.1', '[::1]'].includes(hostname)) {
    report('plain-http', url, 'Keys travel in plain text: put TLS in front of the gateway.');
  }
  return findings;
}
