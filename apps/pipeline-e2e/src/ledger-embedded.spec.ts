import { describe } from '@jest/globals';
import { proveLedger } from './prove-ledger';

// The fail points come first, as they are armed from the start.
describe('the ledger on the embedded log', () =>
  proveLedger('postgres', [
    'fail-points',
    'kill-services',
    'kill-gateway',
    'pause-processing',
    'pause-storage',
    'kill-postgres',
  ]));
