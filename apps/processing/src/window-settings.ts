import { LIMITS } from '@tidewatch/contracts';
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

const MOST_TAGS = 4;

/** Tags by which series are grouped, from a comma-separated list. */
export const groupTags = z
  .string()
  .default('')
  .transform((text, context): string[] => {
    const tags = text.split(',').map((tag) => tag.trim());
    if (tags.length === 1 && tags[0] === '') return [];
    const isName = (tag: string) => tag !== '' && Buffer.byteLength(tag) <= LIMITS.nameBytes;
    if (tags.length > MOST_TAGS || new Set(tags).size < tags.length || !tags.every(isName)) {
      const message = `must be at most ${MOST_TAGS} different tags of at most ${LIMITS.nameBytes} bytes`;
      context.addIssue({ code: 'custom', message });
    }
    return tags;
  });
