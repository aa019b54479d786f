import { Module } from '@nestjs/common';
import { SERVICE_CONFIG } from '@tidewatch/service-kit';
import type { IngestionConfig } from '../config';
import { BodyReader } from './body-reader';
import { IngestController } from './ingest.controller';
import { IngestPipeline } from './ingest-pipeline';
import { IngestService } from './ingest.service';

@Module({
  controllers: [IngestController],
  providers: [
    IngestPipeline,
    IngestService,
    {
      provide: BodyReader,
      inject: [SERVICE_CONFIG],
      useFactory: (config: IngestionConfig) => new BodyReader(config.MAX_BODY_BYTES),
    },
  ],
})
export class IngestModule {}
