import { NDJSON_CONTENT_TYPE, problem } from '@tidewatch/contracts';
import type { z } from 'zod';

/** An answer other than 2xx, or one that is not what the contract says. `status` is 0 when there was no answer at all. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly status: number,
    detail: string,
    options?: ErrorOptions,
  ) {
    super(detail, options);
  }
}

const TIMEOUT_MS = 15_000;

/** Calls the gateway and parses the answer. Throws `ApiError`. */
export async function getJson<T>(path: string, schema: z.ZodType<T>, signal?: AbortSignal): Promise<T> {
  return parse(schema, await request(path, signal ? { signal } : {}));
}

/** Posts JSON and parses the answer. Throws `ApiError`. */
export async function postJson<T>(path: string, body: unknown, schema: z.ZodType<T>): Promise<T> {
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
  return parse(schema, await request(path, init));
}

/** Throws `ApiError`. */
export async function remove(path: string, headers: Record<string, string> = {}): Promise<void> {
  await request(path, { method: 'DELETE', headers });
}

/** Something that can be changed, and the tag of its last change. */
export interface Tagged<T> {
  readonly item: T;
  readonly etag: string;
}

/** Undefined where there is nothing (404). Throws `ApiError`. */
export async function getTagged<T>(
  path: string,
  schema: z.ZodType<T>,
  signal: AbortSignal,
): Promise<Tagged<T> | undefined> {
  try {
    return await tagged(schema, await request(path, { signal }));
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

/** What a change is a change of: what the caller has seen, or that there was nothing. */
export function unlessChanged(seen: Tagged<unknown> | undefined): Record<string, string> {
  return seen === undefined ? { 'if-none-match': '*' } : { 'if-match': seen.etag };
}

/** Puts JSON. Throws `ApiError`: 412 where `headers` ask for what is not so any more. */
export async function putTagged<T>(
  path: string,
  body: unknown,
  { schema, headers }: { schema: z.ZodType<T>; headers: Record<string, string> },
): Promise<Tagged<T>> {
  const init = {
    method: 'PUT',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  };
  return tagged(schema, await request(path, init));
}

/** Posts JSON and gives the lines of the answer, each a JSON value, as they come; `signal` is the only limit of time. Throws `ApiError`. */
export async function* postForLines<T>(
  path: string,
  body: unknown,
  { schema, signal }: { schema: z.ZodType<T>; signal: AbortSignal },
): AsyncGenerator<T, void> {
  const headers = { 'content-type': 'application/json', accept: NDJSON_CONTENT_TYPE };
  const response = await answerTo(path, { method: 'POST', headers, body: JSON.stringify(body), signal });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read().catch((error: unknown) => {
      throw new ApiError(0, 'The answer broke off.', { cause: error });
    });
    if (done) return;
    const lines = (rest + value).split('\n');
    rest = lines.pop()!;
    for (const line of lines) yield parsed(schema, response, JSON.parse(line) as unknown);
  }
}

function request(path: string, init: RequestInit): Promise<Response> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  return answerTo(path, { ...init, signal: init.signal ? AbortSignal.any([init.signal, timeout]) : timeout });
}

async function answerTo(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { ...init, credentials: 'same-origin' });
  } catch (error) {
    throw new ApiError(0, 'The server cannot be reached.', { cause: error });
  }
  if (response.ok) return response;
  const answer = problem.safeParse(await response.json().catch(() => undefined)).data;
  throw new ApiError(
    response.status,
    answer?.detail ?? answer?.title ?? `The server answered ${response.status}.`,
  );
}

async function parse<T>(schema: z.ZodType<T>, response: Response): Promise<T> {
  return parsed(schema, response, await response.json().catch(() => undefined));
}

async function tagged<T>(schema: z.ZodType<T>, response: Response): Promise<Tagged<T>> {
  return { item: await parse(schema, response), etag: response.headers.get('etag') ?? '' };
}

function parsed<T>(schema: z.ZodType<T>, response: Response, body: unknown): T {
  const result = schema.safeParse(body);
  if (!result.success) {
    throw new ApiError(response.status, 'The server answered something this page does not understand.', {
      cause: result.error,
    });
  }
  return result.data;
}
