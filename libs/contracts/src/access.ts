import { z } from 'zod';

export const scope = z.enum(['ingest', 'read', 'admin']);
export type Scope = z.infer<typeof scope>;

export const createApiKey = z.strictObject({
  name: z.string().min(1).max(100),
  scopes: z.array(scope).min(1),
});
export type CreateApiKey = z.infer<typeof createApiKey>;

export const apiKey = z.object({
  id: z.string(),
  name: z.string(),
  scopes: z.array(scope),
  createdAt: z.string(),
  revokedAt: z.string().nullable(),
});
export type ApiKey = z.infer<typeof apiKey>;

export const apiKeyList = z.object({ items: z.array(apiKey) });
export type ApiKeyList = z.infer<typeof apiKeyList>;

/** Answer to the creation of a key: the only time at which the key itself is shown. */
export const createdApiKey = apiKey.extend({ key: z.string() });
export type CreatedApiKey = z.infer<typeof createdApiKey>;

/** Either an API key or the one-time token of a sign-in link. */
export const signIn = z.union([
  z.strictObject({ apiKey: z.string() }),
  z.strictObject({ token: z.string() }),
]);
export type SignIn = z.infer<typeof signIn>;

export const session = z.object({ scopes: z.array(scope), expiresAt: z.string() });
export type Session = z.infer<typeof session>;

/** Metadata key that tells the guard who may call a route: `public`, `authenticated`, or the scope that is needed. Routes without it are denied. */
export const ACCESS_METADATA = 'tidewatch:access';
