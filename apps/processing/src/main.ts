import { runService } from '@tidewatch/service-kit';
import { AppModule } from './app.module';
import { processing } from './config';
import { configure } from './configure';

void runService(processing, () => AppModule, { configure });
