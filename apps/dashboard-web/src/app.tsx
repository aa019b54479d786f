import { Button, Center, Loader, Stack, Text } from '@mantine/core';
import { LivePage } from './layout/live-page';
import { useSession } from './session/session';
import { SignInPage } from './session/sign-in-page';

/** Sign-in form or live page, by the session. `linkToken` comes from a sign-in link; whoever is signed in already does not need it. */
export function App({ linkToken }: { linkToken: string | undefined }) {
  const session = useSession();
  if (session.isPending) {
    return (
      <Center mih="100dvh">
        <Loader aria-label="Loading" />
      </Center>
    );
  }
  if (session.isError && session.data === undefined) {
    return (
      <Center component="main" mih="100dvh" p="md">
        <Stack align="center" role="alert">
          <Text>{session.error.message}</Text>
          <Button onClick={() => void session.refetch()} loading={session.isFetching}>
            Try again
          </Button>
        </Stack>
      </Center>
    );
  }
  return session.data ? <LivePage /> : <SignInPage linkToken={linkToken} />;
}
