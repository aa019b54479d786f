import type {
  PreviewEpisode,
  PreviewInput,
  PreviewPoints,
  PreviewProgress,
  PreviewSummary,
} from '@tidewatch/contracts';
import { useCallback, useEffect, useRef, useState } from 'react';
import { previewDetection } from '../api/detection';

/** A preview as far as it has come. */
export interface PreviewState {
  readonly isRunning: boolean;
  readonly progress: PreviewProgress | undefined;
  readonly episodes: readonly PreviewEpisode[];
  /** Of the series, when all was replayed. */
  readonly points: PreviewPoints | undefined;
  readonly summary: PreviewSummary | undefined;
  readonly error: string | undefined;
}

const NOTHING: PreviewState = {
  ...{ isRunning: false, progress: undefined, episodes: [], points: undefined },
  ...{ summary: undefined, error: undefined },
};

/** Runs one preview at a time; a new one, `stop` and leaving the panel end the one before. */
export function usePreview() {
  const [state, setState] = useState<PreviewState | undefined>();
  const running = useRef<AbortController>(undefined);

  const stop = useCallback((): void => {
    running.current?.abort();
    setState((before) => before && { ...before, isRunning: false });
  }, []);

  const start = useCallback(async (input: PreviewInput): Promise<void> => {
    running.current?.abort();
    const own = new AbortController();
    running.current = own;
    let next: PreviewState = { ...NOTHING, isRunning: true };
    const show = (change: Partial<PreviewState>): void => {
      next = { ...next, ...change };
      if (!own.signal.aborted) setState(next);
    };
    show({});
    try {
      for await (const line of previewDetection(input, own.signal)) {
        if (line.type === 'progress') show({ progress: line });
        else if (line.type === 'episode') show({ episodes: [...next.episodes, line] });
        else if (line.type === 'points') show({ points: line });
        else if (line.type === 'summary') show({ summary: line });
        else if (line.type === 'problem') show({ error: line.problem.detail ?? line.problem.title });
      }
    } catch (error) {
      show({ error: error instanceof Error ? error.message : String(error) });
    }
    const isWhole = next.summary !== undefined || next.error !== undefined;
    show({ isRunning: false, ...(!isWhole && { error: 'The answer broke off.' }) });
  }, []);

  useEffect(() => () => running.current?.abort(), []);
  return { state, start, stop };
}
