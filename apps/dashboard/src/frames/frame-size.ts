import type { FrameBody, SeriesRef } from '@tidewatch/contracts';

/** Rough size of a frame as JSON, in bytes; precise enough for pacing, and cheap. */
export function estimatedBytes(body: FrameBody): number {
  switch (body.view) {
    case 'latest':
      return body.values.reduce((sum, { series }) => sum + estimatedValueBytes(series), 0);
    case 'series':
      return body.points.timeMs.length * 30 + body.windows.length * 450;
    case 'groups':
      return body.groups.length * 80;
    case 'group':
      return body.windows.length * 450;
    case 'anomalies':
      return body.anomalies.length * 1_500;
    case 'health':
      return body.services.length * 100;
  }
}

/** Of one latest value: names are between a few and some thousand bytes. */
export function estimatedValueBytes({ device, metric, tags }: SeriesRef): number {
  let bytes = 90 + device.length + metric.length;
  for (const name in tags) bytes += 6 + name.length + tags[name]!.length;
  return bytes;
}
