import { WindowCells } from '../windows/window-cells';
import type { PartialWindow } from '../windows/partial-window';
import type { WindowValues } from '../windows/window-layout';

const windows = new WindowCells();

/**
 * One window from its parts, of which each is of other readings, at least one. Its revision rises with that of any part, and with each part that is
 * new; it is final when all parts are, which says nothing of parts that are not known yet.
 */
export function mergePartials(partials: readonly PartialWindow[]): WindowValues {
  const [{ sizeMs, stepMs, startMs }] = partials as [PartialWindow];
  const whole = windows.allocate(startMs * 1000);
  for (const partial of partials) windows.mergePartial(whole, partial);
  const revision = partials.reduce((sum, partial) => sum + partial.revision + 1, -1);
  const final = partials.every((partial) => partial.final);
  const values = { ...windows.values(whole, { spec: { sizeMs, stepMs }, revision, final }) };
  windows.free(whole);
  return values;
}
