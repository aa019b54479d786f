import { runService } from '@tidewatch/service-kit';
import { AppModule } from './app.module';
import { storage } from './config';
import { configure } from './configure';

void runService(storage, () => AppModule, { configure });
