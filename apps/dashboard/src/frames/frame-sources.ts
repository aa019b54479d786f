import { Injectable } from '@nestjs/common';
import type { Subscription } from '@tidewatch/contracts';
import { HealthPoller } from '../health/health-poller';
import { LiveState } from '../state/live-state';
import { AnomalySource } from './anomaly-source';
import type { FrameSource } from './frame-source';
import { GroupSource } from './group-source';
import { GroupsSource } from './groups-source';
import { HealthSource } from './health-source';
import { LatestSource } from './latest-source';
import { SeriesSource } from './series-source';

/** Makes the source of a subscription. */
@Injectable()
export class FrameSources {
  constructor(
    private readonly state: LiveState,
    private readonly health: HealthPoller,
  ) {}

  /** Throws `NoRoomError`. */
  create(wanted: Subscription): FrameSource {
    switch (wanted.view) {
      case 'latest':
        return new LatestSource(this.state);
      case 'series':
        return new SeriesSource(this.state, wanted.series);
      case 'groups':
        return new GroupsSource(this.state.groups);
      case 'group':
        return new GroupSource(this.state.groups, wanted.group);
      case 'anomalies':
        return new AnomalySource(this.state);
      case 'health':
        return new HealthSource(this.health);
    }
  }
}
