/** Marks a setting whose value must never be printed. */
export const secret = { secret: true } as const;
