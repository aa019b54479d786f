import { runService } from '@tidewatch/service-kit';
import { AppModule } from './app.module';
import { configure } from './configure';
import { dashboard } from './config';

void runService(dashboard, () => AppModule, { configure });
