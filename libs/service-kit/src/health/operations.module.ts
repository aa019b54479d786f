import { Module, type DynamicModule } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { PrometheusModule } from '@willsoto/nestjs-prometheus';
import { register } from 'prom-client';
import { HealthController, MetricsController } from './health.controller';
import { Readiness } from './readiness';

/** `/startz`, `/livez`, `/readyz` and `/metrics`: part of the service's own application, or of a second one on an internal port. */
@Module({})
export class OperationsModule {
  static register(readiness: Readiness): DynamicModule {
    return {
      module: OperationsModule,
      imports: [
        // Readiness logs its changes by itself; terminus would log each failing probe.
        TerminusModule.forRoot({ logger: false }),
        PrometheusModule.register({
          controller: MetricsController,
          // The default registry is one per process; tests run several services in one.
          defaultMetrics: {
            enabled: register.getSingleMetric('process_cpu_user_seconds_total') === undefined,
          },
        }),
      ],
      controllers: [HealthController],
      providers: [{ provide: Readiness, useValue: readiness }],
    };
  }
}
