import { Logger, Module } from '@nestjs/common';
import { SERVICE_CONFIG } from '@tidewatch/service-kit';
import type { DashboardConfig } from '../config';
import { PageFiles } from './page-files';
import { PageController } from './page.controller';

@Module({
  controllers: [PageController],
  providers: [
    {
      provide: PageFiles,
      inject: [SERVICE_CONFIG],
      useFactory: async (config: DashboardConfig) => {
        const files = await PageFiles.load(config.WEB_ROOT);
        if (files.isEmpty) new Logger('Page').warn(`no page in ${config.WEB_ROOT}: only the socket works`);
        return files;
      },
    },
  ],
})
export class PageModule {}
