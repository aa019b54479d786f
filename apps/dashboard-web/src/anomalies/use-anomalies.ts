import { useQuery } from '@tanstack/react-query';
import type { Anomaly } from '@tidewatch/contracts';
import { useMemo, useState } from 'react';
import { listAnomalies } from '../api/history';
import { useSubscription } from '../live/live-context';
import { addFrame, addStored, EMPTY_LOG } from './anomaly-log';

/** Anomalies of history and as they come; `announcement` is the one that began or ended last while the page was open. */
export function useAnomalies() {
  const [live, setLive] = useState(EMPTY_LOG);
  const [isLoaded, setIsLoaded] = useState(false);
  const [announcement, setAnnouncement] = useState<Anomaly>();
  const stored = useQuery({ queryKey: ['anomalies'], queryFn: ({ signal }) => listAnomalies(signal) });
  useSubscription('anomalies', { view: 'anomalies' }, (body, isSnapshot) => {
    setLive((log) => addFrame(log, body));
    setIsLoaded(true);
    if (isSnapshot || body.view !== 'anomalies') return;
    // What goes on changes often: only its beginning and its end are read out.
    const news = body.anomalies.findLast(({ revision, state }) => revision === 0 || state !== 'open');
    if (news !== undefined) setAnnouncement(news);
  });
  const log = useMemo(() => addStored(live, stored.data ?? []), [live, stored.data]);
  return {
    missed: log.missed,
    anomalies: log.anomalies,
    isLoaded: isLoaded || stored.isFetched,
    error: stored.error,
    announcement,
  };
}

export type Anomalies = ReturnType<typeof useAnomalies>;
