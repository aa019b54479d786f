import http from 'node:http';

const POLL_MS = 100;
const ANSWER_MS = 2_000;

/** What `/readyz` of a service says. */
interface ReadyAnswer {
  readonly ready: boolean;
  /** Names of the checks that are down, or why there was no answer. */
  readonly detail: string;
}

async function askReadiness(url: string): Promise<ReadyAnswer> {
  try {
    const { status, body } = await get(`${url}/readyz`);
    return { ready: status === 200, detail: failingChecks(body) || `status ${status}` };
  } catch (error) {
    return { ready: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * Polls until the service is ready. `abandoned` says that it makes no sense to go on waiting.
 * Resolves to null when ready, else to the last answer's detail.
 */
export async function waitReady(
  url: string,
  deadlineMs: number,
  abandoned: () => boolean,
): Promise<string | null> {
  const until = Date.now() + deadlineMs;
  for (;;) {
    const { ready, detail } = await askReadiness(url);
    if (ready) return null;
    if (Date.now() > until || abandoned()) return detail;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function get(url: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const request = http.get(url, { timeout: ANSWER_MS, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }),
      );
    });
    request.on('timeout', () => request.destroy(new Error('no answer within 2 s')));
    request.on('error', reject);
  });
}

/** Terminus lists what is down under `error`. */
function failingChecks(body: string): string {
  try {
    const value = JSON.parse(body) as { error?: Record<string, unknown>; detail?: string } | null;
    return Object.keys(value?.error ?? {}).join(', ') || (value?.detail ?? '');
  } catch {
    return '';
  }
}
