import { session, type Session, type SignIn } from '@tidewatch/contracts';
import { useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { ApiError, getJson, postJson, remove } from '../api/http';

const PATH = '/v1/session';
const KEY = ['session'];
/** 404: the caller is known, but not by a session. */
const NO_SESSION = new Set([401, 403, 404]);

const mayRead = ({ scopes }: Session): boolean => scopes.includes('read') || scopes.includes('admin');

/**
 * The session of this browser: null when nobody is signed in, undefined while that is not known. Asked for again when the reader comes
 * back to this tab: it may have ended meanwhile, or in another one.
 */
export function useSession() {
  return useQuery({
    queryKey: KEY,
    queryFn: ({ signal }) => currentSession(signal),
    staleTime: Infinity,
    refetchOnWindowFocus: 'always',
  });
}

/** Throws `ApiError`: 401 for a credential that is not valid, 403 for one that may not read. */
export function useSignIn() {
  const client = useQueryClient();
  return async (credential: SignIn): Promise<void> => {
    const opened = await postJson(PATH, credential, session);
    if (!mayRead(opened)) {
      await remove(PATH);
      throw new ApiError(403, 'This key may not read.');
    }
    client.setQueryData(KEY, opened);
  };
}

/** Throws `ApiError` when the server did not hear of it: then the session goes on. */
export function useSignOut() {
  const client = useQueryClient();
  return async (): Promise<void> => {
    await remove(PATH);
    client.setQueryData(KEY, null);
    client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== KEY[0] });
  };
}

/** Asks again whether the session still stands; when it does not, the page goes back to the sign-in form. */
export function recheckSession(client: QueryClient): Promise<void> {
  return client.invalidateQueries({ queryKey: KEY });
}

async function currentSession(signal: AbortSignal): Promise<Session | null> {
  try {
    const current = await getJson(PATH, session, signal);
    return mayRead(current) ? current : null;
  } catch (error) {
    if (error instanceof ApiError && NO_SESSION.has(error.status)) return null;
    throw error;
  }
}
