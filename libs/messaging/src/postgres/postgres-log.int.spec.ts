import { TOPICS } from '@tidewatch/contracts';
import { describeMessageLog } from '../contract/describe-message-log';
import { createPostgresHarness } from '../contract/postgres-harness';

describeMessageLog('PostgreSQL', async () => {
  const harness = await createPostgresHarness();
  await harness.ensure([TOPICS.deadLetters], 3);
  return harness;
});
