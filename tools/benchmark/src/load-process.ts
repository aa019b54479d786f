/** The load generator as a process of its own, so that its processor time is told apart. */
import { runLoad, type LoadPlan } from './load';
import type { Usage } from './process-usage';

process.once('message', (plan) => {
  runLoad(plan as LoadPlan).then(
    (result) => process.send?.({ result, usage: usage() }, () => process.exit(0)),
    (error: unknown) => process.send?.({ error: String(error) }, () => process.exit(1)),
  );
});

/** Asked of the process itself: looking at it from outside, often enough to see its end, is load of its own. */
function usage(): Usage {
  const { user, system } = process.cpuUsage();
  return { cpuSeconds: (user + system) / 1e6, residentMiB: process.memoryUsage.rss() / 1024 / 1024 };
}
