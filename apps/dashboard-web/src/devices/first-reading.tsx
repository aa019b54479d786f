import { ActionIcon, Anchor, Code, CopyButton, Group, Stack, Text, Tooltip } from '@mantine/core';

/** What to do while there is no reading at all. */
export function FirstReading() {
  const command = [
    `curl -X POST ${location.origin}/v1/readings`,
    `-H 'X-API-Key: YOUR_INGEST_KEY'`,
    `-H 'Content-Type: application/json'`,
    `-d '{"device":"test-001","metric":"temperature","value":21.5}'`,
  ].join(' \\\n  ');
  return (
    <Stack gap="xs" py="md" data-testid="no-devices">
      <Text fw={600}>No readings yet</Text>
      <Text size="sm" c="dimmed">
        Send the first one. It appears here within a second.
      </Text>
      <Group align="start" gap="xs" wrap="nowrap">
        <Code
          block
          style={{ flex: 1, overflowX: 'auto' }}
          tabIndex={0}
          aria-label="Command that sends a reading"
        >
          {command}
        </Code>
        <CopyButton value={command}>
          {({ copied, copy }) => (
            <Tooltip label={copied ? 'Copied' : 'Copy'}>
              <ActionIcon
                variant="default"
                onClick={copy}
                aria-label={copied ? 'Copied' : 'Copy the command'}
              >
                <svg
                  width="16"
                  height="16"
                  viewBox="0 0 24 24"
                  fill="none"
                  stroke="currentColor"
                  strokeWidth="2"
                  aria-hidden="true"
                >
                  {copied ? (
                    <path d="m5 12 5 5 9-10" />
                  ) : (
                    <path d="M9 9h11v11H9zM5 15H4V4h11v1" strokeLinejoin="round" />
                  )}
                </svg>
              </ActionIcon>
            </Tooltip>
          )}
        </CopyButton>
      </Group>
      <Text size="sm">
        All formats: <Anchor href="/docs">API reference</Anchor>
      </Text>
    </Stack>
  );
}
