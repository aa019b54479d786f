import { runService } from '@tidewatch/service-kit';
import { AppModule } from './app.module';
import { processing } from './config';

void runService(processing, () => AppModule);
