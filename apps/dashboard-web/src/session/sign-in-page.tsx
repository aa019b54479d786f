import { Alert, Button, Center, Paper, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { useEffect, useRef, useState, type SubmitEvent } from 'react';
import { ApiError } from '../api/http';
import { Brand } from '../layout/brand';
import { useSignIn } from './session';

const messageOf = (error: unknown): string => {
  if (error instanceof ApiError && error.status === 401) return 'This key or link is not valid (any more).';
  if (error instanceof ApiError && error.status === 403)
    return 'This key may not read. Use one with the scope “read”.';
  return error instanceof Error ? error.message : 'Signing in failed.';
};

/** Sign in with an API key, or at once with the token of a sign-in link. */
export function SignInPage({ linkToken }: { linkToken: string | undefined }) {
  const signIn = useSignIn();
  const [apiKey, setApiKey] = useState('');
  const [busy, setBusy] = useState(linkToken !== undefined);
  const [error, setError] = useState<string>();
  const usedToken = useRef<string>(undefined);

  const attempt = (credential: Parameters<typeof signIn>[0]): void => {
    setBusy(true);
    setError(undefined);
    signIn(credential)
      .catch((fault: unknown) => setError(messageOf(fault)))
      .finally(() => setBusy(false));
  };

  useEffect(() => {
    // The token works once: React's strict mode runs effects twice.
    if (linkToken === undefined || usedToken.current === linkToken) return;
    usedToken.current = linkToken;
    attempt({ token: linkToken });
  });

  const onSubmit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    if (apiKey.trim() === '') setError('Enter an API key.');
    else attempt({ apiKey: apiKey.trim() });
  };

  return (
    <Center component="main" mih="100dvh" p="md">
      <Paper withBorder shadow="sm" p="xl" w="100%" maw={420} radius="md">
        <form onSubmit={onSubmit} noValidate>
          <Stack>
            <Brand />
            <Title order={1} size="h3">
              Sign in
            </Title>
            <Text size="sm" c="dimmed">
              Open the sign-in link that Tidewatch printed when it started, or enter an API key that may read.
            </Text>
            <PasswordInput
              label="API key"
              placeholder="tw_…"
              value={apiKey}
              onChange={(event) => setApiKey(event.currentTarget.value)}
              autoComplete="current-password"
              disabled={busy}
              data-autofocus
            />
            <div role="alert">
              {error !== undefined && (
                <Alert color="red" variant="light">
                  {error}
                </Alert>
              )}
            </div>
            <Button type="submit" loading={busy}>
              Sign in
            </Button>
          </Stack>
        </form>
      </Paper>
    </Center>
  );
}
