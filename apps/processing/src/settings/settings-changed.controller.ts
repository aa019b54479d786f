import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { controlEvent, TOPICS } from '@tidewatch/contracts';
import { SettingsFeed } from './settings-feed';

@Controller()
export class SettingsChangedController {
  constructor(private readonly settings: SettingsFeed) {}

  @EventPattern(TOPICS.control)
  async onControlEvent(@Payload() payload: unknown): Promise<void> {
    const event = controlEvent.safeParse(payload);
    if (event.success && event.data.kind === 'settings-changed') await this.settings.look();
  }
}
