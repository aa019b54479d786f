import { problem } from '@tidewatch/contracts';
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
export async function remove(path: string): Promise<void> {
  await request(path, { method: 'DELETE' });
}

async function request(path: string, init: RequestInit): Promise<Response> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
  let response: Response;
  try {
    response = await fetch(path, { ...init, signal, credentials: 'same-origin' });
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
  const result = schema.safeParse(await response.json().catch(() => undefined));
  if (!result.success) {
    throw new ApiError(response.status, 'The server answered something this page does not understand.', {
      cause: result.error,
    });
  }
  return result.data;
}
