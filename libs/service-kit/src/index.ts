export { commonConfig, type CommonConfig, type ServiceSchema } from './config/common-config';
export { databaseConfig } from './config/database-config';
export { describeConfig, type SettingDescription } from './config/describe-config';
export { processEnvironment } from './config/environment';
export { kafkaConfig } from './config/kafka-config';
export { ConfigError, parseConfig } from './config/parse-config';
export { secret } from './config/secret';
export { Readiness, type CheckResult } from './health/readiness';
export { problemOf, toProblemError } from './http/problem-mapping';
export { sendProblem } from './http/send-problem';
export { parseBody } from './http/validation';
export {
  createService,
  type AppModule,
  type RunningService,
  type ServiceOptions,
} from './lifecycle/create-service';
export { runService } from './lifecycle/run-service';
export { Shutdown, type ShutdownPhase } from './lifecycle/shutdown';
export { createLogger } from './logging/logger';
export { openApiDocument } from './openapi/document';
export { defineService, type ConfigOf, type ServiceDefinition } from './service-definition';
export { PG_POOL, SERVICE_CONFIG } from './tokens';
