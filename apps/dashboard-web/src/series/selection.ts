import type { DeviceGroup, SeriesRef } from '@tidewatch/contracts';
import { createContext, use, useEffect, useMemo, useState } from 'react';
import { type Chosen, fromQuery, toQuery } from './address';

export interface Selection extends Chosen {
  readonly choose: (series: SeriesRef) => void;
  readonly chooseGroup: (group: DeviceGroup) => void;
}

export const SelectionContext = createContext<Selection>({
  choose: () => undefined,
  chooseGroup: () => undefined,
});

/** Which series or group the chart shows. */
export const useSelection = (): Selection => use(SelectionContext);

/** The selection, kept in the address so that reload, bookmark and the back button work. */
export function useSelectionState(): Selection {
  const [chosen, setChosen] = useState(() => fromQuery(location.search));
  useEffect(() => {
    const onBack = (): void => setChosen(fromQuery(location.search));
    addEventListener('popstate', onBack);
    return () => removeEventListener('popstate', onBack);
  }, []);
  return useMemo(() => {
    const choose = (next: Chosen): void => {
      history.pushState(null, '', location.pathname + toQuery(next));
      setChosen(next);
    };
    return {
      ...chosen,
      choose: (series) => choose({ series }),
      chooseGroup: (group) => choose({ group }),
    };
  }, [chosen]);
}
