import { describeWithKafka } from '@tidewatch/testing';
import { proveLedger } from './prove-ledger';

// The fail points come first, as they are armed from the start. The gateway knows nothing of the log.
describeWithKafka('the ledger on Kafka', () =>
  proveLedger('kafka', [
    'fail-points',
    'kill-services',
    'pause-processing',
    'pause-storage',
    'kill-postgres',
    'kill-broker',
  ]),
);
