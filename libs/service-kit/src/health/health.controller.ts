import { Controller, Get, HttpCode, Logger, Res, SetMetadata } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { HealthCheckService, HealthIndicatorService, type HealthCheckResult } from '@nestjs/terminus';
import { ServiceUnavailableException } from '@nestjs/common';
import { PrometheusController } from '@willsoto/nestjs-prometheus';
import { ACCESS_METADATA } from '@tidewatch/contracts';
import type { FastifyReply } from 'fastify';
import { Readiness } from './readiness';

/** Probes of an orchestrator. */
@ApiExcludeController()
@SetMetadata(ACCESS_METADATA, 'public')
@Controller()
export class HealthController {
  private readonly logger = new Logger('Readiness');
  private lastStatus: string | undefined;

  constructor(
    private readonly readiness: Readiness,
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
  ) {}

  /** Answers as long as the event loop turns; never looks at a database or a broker. */
  @Get('livez')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** 200 once the service listens, also while what it needs is away: until then liveness is not to be judged. */
  @Get('startz')
  start(@Res({ passthrough: true }) reply: FastifyReply): { status: 'started' | 'starting' } {
    if (!this.readiness.started) reply.code(503);
    return { status: this.readiness.started ? 'started' : 'starting' };
  }

  /** 200 or 503 with terminus' result: `details` names each check with `up` or `down`. */
  @Get('readyz')
  @HttpCode(200)
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthCheckResult> {
    const results = await this.readiness.run();
    const result = await this.evaluate(results);
    if (result.status !== 'ok') reply.code(503);
    this.logChange(result);
    return result;
  }

  private async evaluate(results: Awaited<ReturnType<Readiness['run']>>): Promise<HealthCheckResult> {
    try {
      return await this.health.check(
        results.map(({ name, up, message }) => () => {
          const indicator = this.indicators.check(name);
          return up ? indicator.up() : indicator.down(message);
        }),
      );
    } catch (error) {
      // Terminus reports a failed check by throwing its result.
      if (error instanceof ServiceUnavailableException) return error.getResponse() as HealthCheckResult;
      throw error;
    }
  }

  private logChange(result: HealthCheckResult): void {
    if (result.status === this.lastStatus) return;
    this.lastStatus = result.status;
    if (result.status === 'ok') this.logger.log('ready');
    else this.logger.warn({ msg: 'not ready', checks: result.error });
  }
}

/** The default registry of prom-client in the text format. */
@ApiExcludeController()
@SetMetadata(ACCESS_METADATA, 'public')
@Controller()
export class MetricsController extends PrometheusController {
  @Get()
  override index(@Res({ passthrough: true }) response: unknown): Promise<string> {
    return super.index(response);
  }
}
