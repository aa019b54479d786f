import type {
  PreviewDocument,
  PreviewEpisode,
  PreviewLine,
  PreviewPlan,
  PreviewPoints,
  PreviewSummary,
} from '@tidewatch/contracts';
import type { FastifyReply } from 'fastify';

/** Aborted when the answer was given, or nobody waits for it any more; after `limitMs` whoever still reads is let go. */
export function closedSignal(reply: FastifyReply, limitMs: number): AbortSignal {
  const closed = new AbortController();
  const response = reply.raw;
  if (response.destroyed) {
    closed.abort();
    return closed.signal;
  }
  const timer = setTimeout(() => response.destroy(), limitMs);
  response.once('close', () => {
    clearTimeout(timer);
    closed.abort();
  });
  return closed.signal;
}

/** A client that takes both, or says nothing, gets lines. */
export function wantsDocument(accept = ''): boolean {
  return /\bapplication\/json\b/i.test(accept) && !/\bapplication\/x-ndjson\b/i.test(accept);
}

/** The whole preview as one document; undefined where it ended early because nobody waits for it. */
export async function documentOf(lines: AsyncIterable<PreviewLine>): Promise<PreviewDocument | undefined> {
  let plan: PreviewPlan | undefined;
  let summary: PreviewSummary | undefined;
  const episodes: PreviewEpisode[] = [];
  const points: PreviewPoints[] = [];
  for await (const line of lines) {
    if (line.type === 'plan') plan = line;
    else if (line.type === 'episode') episodes.push(line);
    else if (line.type === 'points') points.push(line);
    else if (line.type === 'summary') summary = line;
  }
  return plan && summary && { plan, episodes, points, summary };
}
