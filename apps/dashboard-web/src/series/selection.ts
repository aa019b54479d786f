import type { SeriesRef } from '@tidewatch/contracts';
import { createContext, use, useCallback, useEffect, useState } from 'react';
import { fromQuery, toQuery } from './address';

export interface Selection {
  readonly series: SeriesRef | undefined;
  readonly choose: (series: SeriesRef) => void;
}

export const SelectionContext = createContext<Selection>({ series: undefined, choose: () => undefined });

/** Which series the chart shows. */
export const useSelection = (): Selection => use(SelectionContext);

/** The selection, kept in the address so that reload, bookmark and the back button work. */
export function useSelectionState(): Selection {
  const [series, setSeries] = useState(() => fromQuery(location.search));
  useEffect(() => {
    const onBack = (): void => setSeries(fromQuery(location.search));
    addEventListener('popstate', onBack);
    return () => removeEventListener('popstate', onBack);
  }, []);
  const choose = useCallback((chosen: SeriesRef) => {
    history.pushState(null, '', location.pathname + toQuery(chosen));
    setSeries(chosen);
  }, []);
  return { series, choose };
}
