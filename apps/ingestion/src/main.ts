import { runService } from '@tidewatch/service-kit';
import { AppModule } from './app.module';
import { ingestion } from './config';
import { configure } from './configure';

void runService(ingestion, () => AppModule, { configure });
