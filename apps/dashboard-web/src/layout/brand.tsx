import { Group, Text } from '@mantine/core';

export function Brand() {
  return (
    <Group gap="xs" wrap="nowrap">
      <svg width="28" height="28" viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="8" fill="var(--mantine-color-tide-8)" />
        <path
          d="M4 19c3 0 3-6 6-6s3 6 6 6 3-6 6-6 3 6 6 6"
          fill="none"
          stroke="#fff"
          strokeWidth="3"
          strokeLinecap="round"
        />
      </svg>
      <Text fw={700} size="lg" className="tw-brand">
        Tidewatch
      </Text>
    </Group>
  );
}
