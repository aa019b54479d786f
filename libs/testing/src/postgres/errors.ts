/** Why an embedded PostgreSQL could not be started; stable, so that callers can print their own line. */
export type PostgresStartFault =
  | 'unsupported-platform'
  | 'no-account'
  | 'data-dir-unreachable'
  | 'data-dir-version'
  | 'data-dir-in-use'
  | 'port-in-use'
  | 'failed';

export class PostgresStartError extends Error {
  override readonly name = 'PostgresStartError';

  constructor(
    readonly code: PostgresStartFault,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
