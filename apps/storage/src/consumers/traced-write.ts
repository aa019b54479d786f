import type { BatchSpans } from '@tidewatch/tracing';

/**
 * A transaction, with its commit, as a step of the traces that its batch continues. The statement is named by what it does and the table.
 * @see https://opentelemetry.io/docs/specs/semconv/database/database-spans/
 */
export async function tracedWrite<T>(
  batch: BatchSpans | undefined,
  statement: `${'COPY' | 'INSERT'} ${string}`,
  write: () => Promise<T>,
): Promise<T> {
  if (batch === undefined) return write();
  const [operation = '', table = ''] = statement.split(' ');
  const spans = batch.child(statement, {
    kind: 'client',
    attributes: {
      'db.system.name': 'postgresql',
      'db.operation.name': operation,
      'db.collection.name': table,
    },
  });
  try {
    return await write();
  } catch (error) {
    spans.fail(error);
    throw error;
  } finally {
    spans.end();
  }
}
