import { Anchor, Button, Container, Group, Text } from '@mantine/core';
import { useState } from 'react';
import { ConnectionBadge } from '../live/connection-badge';
import { useSignOut } from '../session/session';
import { Brand } from './brand';
import { SchemeSwitch } from './scheme-switch';

export function Header() {
  const signOut = useSignOut();
  const [isBusy, setIsBusy] = useState(false);
  const [hasFailed, setHasFailed] = useState(false);
  const onSignOut = (): void => {
    setIsBusy(true);
    setHasFailed(false);
    signOut()
      .catch(() => setHasFailed(true))
      .finally(() => setIsBusy(false));
  };
  return (
    <header className="tw-header">
      <Container size="xl" px="md" h="100%">
        <Group h="100%" justify="space-between" wrap="nowrap">
          <Group wrap="nowrap" gap="md">
            <Brand />
            <ConnectionBadge />
          </Group>
          <Group wrap="nowrap" gap="sm">
            <Anchor href="/docs" size="sm" p={4} visibleFrom="xs">
              API
            </Anchor>
            <SchemeSwitch />
            {hasFailed && (
              <Text size="xs" c="red" role="alert">
                Not signed out: try again
              </Text>
            )}
            <Button variant="default" size="xs" onClick={onSignOut} loading={isBusy}>
              Sign out
            </Button>
          </Group>
        </Group>
      </Container>
    </header>
  );
}
