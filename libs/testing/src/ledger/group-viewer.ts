import {
  type DeviceGroup,
  type Frame,
  type GroupWindow,
  LIVE_EVENTS,
  LIVE_PATH,
  type Subscribed,
  type Subscription,
} from '@tidewatch/contracts';
import { canonicalGroup } from '@tidewatch/stream-processing';
import { io, type Socket } from 'socket.io-client';
import { placeOf } from './compare-windows';

/** Where the API is, and a key that may read. */
export interface Api {
  readonly url: string;
  readonly key: string;
}

const ANSWER_DEADLINE_MS = 20_000;

/** Looks at groups as the page does: by subscriptions, with every frame from then on. */
export class GroupViewer {
  private readonly byPlace = new Map<string, GroupWindow>();

  private constructor(private readonly socket: Socket) {
    socket.on(LIVE_EVENTS.frame, (frame: Frame) => this.take(frame));
  }

  static async open({ url, key }: Api, groups: readonly DeviceGroup[]): Promise<GroupViewer> {
    const socket = io(url, {
      path: LIVE_PATH,
      transports: ['websocket'],
      extraHeaders: { 'x-api-key': key },
    });
    const viewer = new GroupViewer(socket);
    try {
      for (const group of groups) await viewer.subscribe({ view: 'group', group });
      return viewer;
    } catch (error) {
      viewer.close();
      throw error;
    }
  }

  /** Of all groups, each window as it is now. */
  get windows(): GroupWindow[] {
    return [...this.byPlace.values()];
  }

  close(): void {
    this.socket.close();
  }

  private async subscribe(wanted: Subscription): Promise<void> {
    const answer = (await this.socket
      .timeout(ANSWER_DEADLINE_MS)
      .emitWithAck(LIVE_EVENTS.subscribe, wanted)) as Subscribed;
    if (!answer.ok) throw new Error(`${JSON.stringify(wanted)}: ${answer.detail}`);
    this.take(answer.frame);
  }

  private take({ body }: Frame): void {
    if (body.view !== 'group') return;
    for (const window of body.windows)
      this.byPlace.set(placeOf(canonicalGroup(window.group), window), window);
  }
}
