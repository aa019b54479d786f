/** The log did not acknowledge in time or is away: records of the call may or may not be on it. */
export class LogUnavailableError extends Error {
  override readonly name = 'LogUnavailableError';
}

/** Too many bytes wait for the log; nothing of this call was taken. */
export class LogOverloadedError extends Error {
  override readonly name = 'LogOverloadedError';
}

export class UnknownTopicError extends Error {
  override readonly name = 'UnknownTopicError';
}

/** The log ends before a checkpoint of the database: it is not the log that was read. */
export class LogReplacedError extends Error {
  override readonly name = 'LogReplacedError';
}

/** Another owner holds the partition: this one must write nothing more. */
export class FencedError extends Error {
  override readonly name = 'FencedError';
}

/** A record that can never be processed. `reason` is a metric label: few, fixed values. */
export class PoisonRecordError extends Error {
  override readonly name = 'PoisonRecordError';

  constructor(
    readonly offset: bigint,
    readonly reason: string,
    detail: string,
    options?: ErrorOptions,
  ) {
    super(detail, options);
  }
}
