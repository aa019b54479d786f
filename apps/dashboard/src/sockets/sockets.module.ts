import { Module } from '@nestjs/common';
import { FrameSources } from '../frames/frame-sources';
import { HealthModule } from '../health/health.module';
import { TailModule } from '../tail/tail.module';
import { HandshakeGuard } from './handshake-guard';
import { LiveGateway } from './live.gateway';

@Module({
  imports: [TailModule, HealthModule],
  providers: [FrameSources, HandshakeGuard, LiveGateway],
})
export class SocketsModule {}
