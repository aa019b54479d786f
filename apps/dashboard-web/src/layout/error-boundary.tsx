import { Alert, Button, Center, Stack, Text } from '@mantine/core';
import { Component, type ErrorInfo, type ReactNode } from 'react';

interface Props {
  /** What failed, for the reader: "the chart". */
  readonly what: string;
  readonly children: ReactNode;
}

/** Shows a message in place of what failed to render; the rest of the page goes on. */
export class ErrorBoundary extends Component<Props, { error: Error | undefined }> {
  override state = { error: undefined as Error | undefined };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override componentDidCatch(error: Error, info: ErrorInfo): void {
    console.error(`Failed to show ${this.props.what}`, error, info.componentStack);
  }

  override render(): ReactNode {
    if (this.state.error === undefined) return this.props.children;
    return (
      <Center p="lg">
        <Alert color="red" title={`Tidewatch could not show ${this.props.what}`} role="alert">
          <Stack align="start">
            <Text size="sm">{this.state.error.message}</Text>
            <Button size="xs" variant="light" color="red" onClick={() => this.setState({ error: undefined })}>
              Try again
            </Button>
          </Stack>
        </Alert>
      </Center>
    );
  }
}
