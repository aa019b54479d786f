import { z } from 'zod';

/** Events on `control.v1`: every instance of every service sees each of them. */
export const controlEvent = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('keys-changed'), keyId: z.string() }),
  z.object({ kind: z.literal('settings-changed') }),
]);
export type ControlEvent = z.infer<typeof controlEvent>;
