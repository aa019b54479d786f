import { useQuery } from '@tanstack/react-query';
import type { SeriesRef, WindowAggregate } from '@tidewatch/contracts';
import { useState } from 'react';
import { loadPoints } from '../api/history';
import { useSubscription } from '../live/live-context';
import { ChartPoints } from './chart-points';
import { newestMinute } from './newest-minute';

/**
 * Points of a series: stored ones since `rangeMs` ago, and live ones as they come. `version` differs after each change of `points`.
 * The component has to be mounted anew for another series.
 */
export function useSeriesPoints(series: SeriesRef, id: string, rangeMs: number) {
  const [points] = useState(() => new ChartPoints());
  const [version, setVersion] = useState(0);
  const [isLive, setIsLive] = useState(false);
  const [lastMinute, setLastMinute] = useState<WindowAggregate>();
  const stored = useQuery({
    queryKey: ['points', id, rangeMs],
    queryFn: async ({ signal }) => {
      const loaded = await loadPoints(series, Date.now() - rangeMs, signal);
      points.add(loaded);
      return loaded.timeMs.length;
    },
    staleTime: 0,
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
  useSubscription(`series ${id}`, { view: 'series', series }, (body) => {
    if (body.view !== 'series') return;
    points.add(body.points);
    setLastMinute((last) => newestMinute(last, body.windows));
    setIsLive(true);
    setVersion((count) => count + 1);
  });
  return {
    points,
    version: `${version}/${stored.dataUpdatedAt}`,
    isLoading: stored.isPending && !isLive,
    error: stored.error,
    lastMinute,
  };
}
