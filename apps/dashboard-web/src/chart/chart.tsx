import { Skeleton } from '@mantine/core';
import { type ComponentProps, lazy, Suspense } from 'react';

const LineChart = lazy(() => import('./line-chart'));

/** The line, or its place while the chart or its points are still on their way. */
export function Chart({ isLoading, ...line }: ComponentProps<typeof LineChart> & { isLoading?: boolean }) {
  const loading = <Skeleton height={320} aria-label="Loading the chart" />;
  if (isLoading) return loading;
  return (
    <Suspense fallback={loading}>
      <LineChart {...line} />
    </Suspense>
  );
}
