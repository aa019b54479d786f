import { faultOfSlidingWindows, type WindowSpec } from '@tidewatch/stream-processing';
import { z } from 'zod';

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000 };
const ENTRY = /^(\d{1,6})([smh])\/(\d{1,6})([smh])$/;

/** Windows that slide, from a comma-separated list of `size/step`, such as `5m/1m,1h/5m`. */
export const slidingWindows = z
  .string()
  .default('')
  .transform((text, context): WindowSpec[] => {
    const windows: WindowSpec[] = [];
    for (const part of text.split(',').map((one) => one.trim())) {
      if (part === '') continue;
      const [, size, sizeUnit, step, stepUnit] = ENTRY.exec(part) ?? [];
      if (size === undefined) {
        context.addIssue({
          code: 'custom',
          message: `must be a list of size/step such as 5m/1m, not "${part}"`,
        });
        return z.NEVER;
      }
      windows.push({
        sizeMs: Number(size) * UNIT_MS[sizeUnit as keyof typeof UNIT_MS],
        stepMs: Number(step) * UNIT_MS[stepUnit as keyof typeof UNIT_MS],
      });
    }
    const fault = faultOfSlidingWindows(windows);
    if (fault !== undefined)
      context.addIssue({ code: 'custom', message: `must be possible windows: ${fault}` });
    return windows;
  });
