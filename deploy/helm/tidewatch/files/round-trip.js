/**
 * Sends one reading to the gateway and waits until the history has it: `node round-trip.js`. For `helm test`.
 * GATEWAY_URL, API_KEY_FILE, DEVICE (a name that marks this run) and TIMEOUT_SECONDS come from the environment.
 */
const { readFileSync } = require('node:fs');

const { GATEWAY_URL, API_KEY_FILE, DEVICE, TIMEOUT_SECONDS } = process.env;
const deadline = Date.now() + Number(TIMEOUT_SECONDS) * 1000;
const authorization = `Bearer ${readFileSync(API_KEY_FILE, 'utf8').trim()}`;

/** Throws with what was answered when it is not the status that was expected. */
async function call(path, expected, init = {}) {
  const response = await fetch(new URL(path, GATEWAY_URL), {
    ...init,
    headers: { authorization, 'content-type': 'application/json' },
    signal: AbortSignal.timeout(5_000),
  });
  const text = await response.text();
  if (response.status !== expected) {
    const error = new Error(`${path}: ${response.status} ${text.slice(0, 500)}`);
    // 4xx means that the request is wrong: trying again changes nothing, but for a limit.
    error.isFinal = response.status >= 400 && response.status < 500 && response.status !== 429;
    throw error;
  }
  return text === '' ? undefined : JSON.parse(text);
}

/** Runs a step again until it gives something, or the time is over. */
async function until(what, step) {
  let last = 'nothing yet';
  while (Date.now() < deadline) {
    try {
      const result = await step();
      if (result !== undefined) return result;
    } catch (error) {
      last = error.cause?.code ?? error.message;
      if (error.isFinal) break;
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(`${what}: ${last}`);
}

async function main() {
  const value = Math.round(Math.random() * 1e6) / 1e3;
  const reading = { device: DEVICE, metric: 'round_trip', value, time: new Date().toISOString() };
  const query = `device=${encodeURIComponent(DEVICE)}&metric=round_trip`;
  await until('the reading was not accepted', async () => {
    await call('/v1/readings', 202, { method: 'POST', body: JSON.stringify(reading) });
    return true;
  });
  const series = await until('the series did not come into the history', async () => {
    const { items } = await call(`/v1/series?${query}`, 200);
    return items[0];
  });
  const from = encodeURIComponent(reading.time);
  await until('the reading did not come into the history', async () => {
    const { items } = await call(`/v1/series/${series.id}/readings?from=${from}`, 200);
    return items.find((item) => item.value === value);
  });
  console.log(`a reading of ${DEVICE} went in and came back: ${value}`);
}

main().catch((error) => {
  console.error(`round trip failed: ${error.message}`);
  process.exitCode = 1;
});
