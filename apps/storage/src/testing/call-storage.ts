import type { StorageForTests } from './start-storage';

export interface CallInit {
  /** Text as it is, anything else as JSON. */
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  /** That of the admin where it is left out. */
  readonly key?: string;
}

export interface Called {
  readonly status: number;
  readonly etag: string;
  /** Undefined where there is none. */
  readonly body: unknown;
}

/** Calls the service under `/v1`. */
export async function callStorage(
  storage: StorageForTests,
  method: string,
  path: string,
  { body, headers, key = storage.keys.admin }: CallInit,
): Promise<Called> {
  const json: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
  const response = await fetch(`${storage.service.url}/v1/${path}`, {
    method,
    headers: { 'x-api-key': key, ...json, ...headers },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const etag = response.headers.get('etag') ?? '';
  return { status: response.status, etag, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
}
