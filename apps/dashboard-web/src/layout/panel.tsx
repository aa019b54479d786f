import { Group, Paper, Title } from '@mantine/core';
import { useId, type ReactNode } from 'react';
import { ErrorBoundary } from './error-boundary';

interface Props {
  readonly title: string;
  /** To the right of the title. */
  readonly aside?: ReactNode;
  readonly children: ReactNode;
  readonly className?: string;
}

/** A part of the page: a region that is named by its heading. */
export function Panel({ title, aside, children, className }: Props) {
  const headingId = useId();
  return (
    <Paper
      component="section"
      aria-labelledby={headingId}
      withBorder
      radius="md"
      p="md"
      className={className}
    >
      <Group justify="space-between" align="center" mb="sm" gap="xs" mih={30}>
        <Title order={2} size="h4" id={headingId}>
          {title}
        </Title>
        {aside}
      </Group>
      <ErrorBoundary what={title.toLowerCase()}>{children}</ErrorBoundary>
    </Paper>
  );
}
