/** The load generator as a process of its own, so that its processor time is told apart. */
import { runLoad, type LoadPlan } from './load';

process.once('message', (plan) => {
  runLoad(plan as LoadPlan).then(
    (result) => process.send?.({ result }, () => process.exit(0)),
    (error: unknown) => process.send?.({ error: String(error) }, () => process.exit(1)),
  );
});
