import { Controller, Get, Inject, Module } from '@nestjs/common';
import type { Pool } from 'pg';
import { z } from 'zod';
import { commonConfig } from '../config/common-config';
import { runService } from '../lifecycle/run-service';
import { Shutdown } from '../lifecycle/shutdown';
import { defineService } from '../service-definition';
import { PG_POOL } from '../tokens';

const SLOW_MS = 700;

/** Prints what happens, so that the test of the process can see the order. */
function say(event: string): void {
  process.stdout.write(`${event}\n`);
}

@Controller()
class SlowController {
  constructor(
    @Inject(PG_POOL) private readonly pool: Pool,
    shutdown: Shutdown,
  ) {
    // Added in the wrong order on purpose.
    shutdown.add('close', 'log', () => this.step('close'));
    shutdown.add('commit', 'offsets', () => this.step('commit'));
    shutdown.add('flush', 'buffers', () => this.step('flush'));
    shutdown.add('stop-taking', 'consumer', () => this.step('stop-taking'));
  }

  @Get('slow')
  async slow(): Promise<string> {
    say('request taken');
    await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
    say('request answered');
    return 'done';
  }

  onModuleDestroy(): void {
    say('hooks of nest');
  }

  private async step(phase: string): Promise<void> {
    // The database is there until the end.
    await this.pool.query('SELECT 1');
    say(phase);
    if (phase === 'flush' && service.name === 'hanging') await new Promise(() => undefined);
  }
}

@Module({ controllers: [SlowController] })
class SlowModule {}

const service = defineService({
  name: process.argv[2] ?? 'stopping',
  description: 'A service that prints how it stops.',
  port: 0,
  config: z.object(commonConfig),
});

void runService(service, () => SlowModule);
