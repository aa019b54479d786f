import { afterAll, afterEach, beforeAll, describe } from '@jest/globals';
import { describeAppending } from './appending';
import { ContractBench, createEffectsTable } from './contract-bench';
import { describeDelivering } from './delivering';
import { describeFaults } from './faults';
import type { MessageLogHarness } from './harness';
import { describeSharing } from './sharing';
import { describeTails } from './tails';

/** The one contract that every driver of the message log keeps. Called from an `int` spec of each driver. */
export function describeMessageLog(name: string, makeHarness: () => Promise<MessageLogHarness>): void {
  describe(`the message log on ${name}`, () => {
    let bench: ContractBench | undefined;

    beforeAll(async () => {
      const harness = await makeHarness();
      bench = new ContractBench(harness);
      await createEffectsTable(harness);
    }, 120_000);
    afterEach(async () => {
      await bench?.clear();
    });
    afterAll(async () => {
      await bench?.harness.close();
    });

    const get = (): ContractBench => bench!;
    describeAppending(get);
    describeDelivering(get);
    describeFaults(get);
    describeSharing(get);
    describeTails(get);
  });
}
