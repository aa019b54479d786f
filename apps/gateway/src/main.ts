import { runService } from '@tidewatch/service-kit';
import { createAppModule } from './app.module';
import { gateway } from './config';
import { configureGateway } from './configure';

void runService(gateway, createAppModule, { configure: configureGateway });
