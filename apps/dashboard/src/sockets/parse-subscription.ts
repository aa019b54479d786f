import { LIMITS, type SeriesRef, type Subscription, subscription } from '@tidewatch/contracts';

const VIEWS = subscription.options.map(({ shape }) => [...shape.view.values][0]);
/** A fault may repeat names that came from the client. */
const LONGEST_FAULT = 200;

/** What a client wants; a text says where it is wrong. */
export function parseSubscription(body: unknown): Subscription | string {
  const { data, error } = subscription.safeParse(body);
  if (data === undefined) return faultOf(error.issues[0]!);
  if (data.view === 'series' && !isWithinLimits(data.series)) {
    return `At /series: names have at most ${LIMITS.nameBytes} bytes, and there are at most ${LIMITS.tagsPerReading} tags.`;
  }
  if (data.view === 'group' && !Object.values(data.group).every(isShort)) {
    return `At /group: names have at most ${LIMITS.nameBytes} bytes.`;
  }
  return data;
}

type Issue = NonNullable<ReturnType<typeof subscription.safeParse>['error']>['issues'][number];

function faultOf({ code, path, message }: Issue): string {
  const pointer = path.map((part) => `/${String(part)}`).join('');
  const what = code === 'invalid_union' ? `must be one of ${VIEWS.join(', ')}` : message;
  return `${pointer === '' ? 'Not a subscription' : `At ${pointer}`}: ${what}.`.slice(0, LONGEST_FAULT);
}

/** A watched series has a place in memory before its first reading: names that no reading may have must not get one. */
function isWithinLimits({ device, metric, tags }: SeriesRef): boolean {
  const pairs = Object.entries(tags);
  return pairs.length <= LIMITS.tagsPerReading && [device, metric, ...pairs.flat()].every(isShort);
}

function isShort(name: string): boolean {
  return Buffer.byteLength(name) <= LIMITS.nameBytes;
}
