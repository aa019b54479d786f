export interface WelcomeInput {
  readonly address: string;
  readonly signInUrl: string;
  /** Null on a later start: only its hash is kept. */
  readonly ingestKey: string | null;
  readonly dataDir: string;
  readonly seconds: number;
}

/** What the person at the terminal sees when everything is ready. */
export function welcome(input: WelcomeInput): string {
  const { address, ingestKey } = input;
  const key = ingestKey ?? '$TIDEWATCH_KEY';
  return [
    '',
    `Tidewatch is ready (${input.seconds.toFixed(1)} s).`,
    '',
    `  Page        ${address}`,
    `  Sign in     ${input.signInUrl}`,
    '              (works once, within the hour)',
    ingestKey === null
      ? '  Ingest key  shown at the first start only; put it into TIDEWATCH_KEY, or get a new one with npm start -- --new-key'
      : `  Ingest key  ${ingestKey}\n              (shown only now: Tidewatch keeps a hash)`,
    '',
    '  Send a reading, in either format:',
    '',
    ...curlLines(address, key),
    '',
    `  Data, secrets and logs: ${input.dataDir} · API explorer: ${address}/docs · Ctrl-C stops everything`,
    '',
  ].join('\n');
}

/** Two lines for the shell; the key is in double quotes, so that a variable also works. */
export function curlLines(address: string, key: string): [legacy: string, readings: string] {
  const head = (path: string) =>
    `curl -X POST ${address}${path} -H "X-API-Key: ${key}" -H "Content-Type: application/json"`;
  return [
    `${head('/api/data')} -d '{"device_id":"test-001","temperature":25.5,"humidity":60}'`,
    `${head('/v1/readings')} -d '{"device":"pump-7","metric":"vibration","value":0.42}'`,
  ];
}
