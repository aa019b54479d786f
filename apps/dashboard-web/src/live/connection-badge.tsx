import { Alert, Badge, Container } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { LiveStatus } from './live-connection';
import { useLiveStatus } from './live-context';

const LABELS: Record<LiveStatus, string> = {
  connecting: 'Connecting',
  live: 'Live',
  reconnecting: 'Reconnecting',
};
const COLORS: Record<LiveStatus, string> = { connecting: 'gray', live: 'green', reconnecting: 'orange' };

export function ConnectionBadge() {
  const status = useLiveStatus();
  return (
    <Badge color={COLORS[status]} variant="dot" size="lg" role="status" data-status={status}>
      {LABELS[status]}
    </Badge>
  );
}

/** A short loss is nobody's business; after a moment the reader has to know that the values stand still. */
const BANNER_AFTER_MS = 700;

export function ReconnectingBanner() {
  const status = useLiveStatus();
  const [isLost, setIsLost] = useState(false);
  useEffect(() => {
    const timer = setTimeout(
      () => setIsLost(status === 'reconnecting'),
      status === 'live' ? 0 : BANNER_AFTER_MS,
    );
    return () => clearTimeout(timer);
  }, [status]);
  return (
    <div role="status">
      {isLost && (
        <Container size="xl" pt="sm" px="md">
          <Alert color="orange" variant="light" title="Connection lost" data-testid="reconnecting">
            Trying again. Until then, values stand still.
          </Alert>
        </Container>
      )}
    </div>
  );
}
