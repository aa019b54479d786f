/** The database has migrations that this build does not know: a newer version has been here. */
export class SchemaTooNewError extends Error {
  override readonly name = 'SchemaTooNewError';

  constructor(readonly unknown: readonly string[]) {
    super(
      `The database was migrated by a newer version of Tidewatch (unknown: ${unknown.join(', ')}). Run that version or a later one.`,
    );
  }
}
