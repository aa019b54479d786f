import { type DynamicModule, type FactoryProvider, Module } from '@nestjs/common';
import { createMessageLog } from './create-message-log';
import type { MessagingOptions } from './options';

/** Injection token of the process's `MessageLog`. */
export const MESSAGE_LOG = Symbol('MESSAGE_LOG');
/** Injection token of the `MessagingOptions`, for the control transport. */
export const MESSAGING_OPTIONS = Symbol('MESSAGING_OPTIONS');

export interface MessagingAsyncOptions {
  readonly inject?: FactoryProvider['inject'];
  readonly useFactory: (...dependencies: never[]) => MessagingOptions | Promise<MessagingOptions>;
}

/** Provides the message log to the whole application. Who starts consumers stops them, and then closes the log. */
@Module({})
export class MessagingModule {
  static forRootAsync(options: MessagingAsyncOptions): DynamicModule {
    return {
      module: MessagingModule,
      global: true,
      providers: [
        { provide: MESSAGING_OPTIONS, inject: options.inject ?? [], useFactory: options.useFactory },
        { provide: MESSAGE_LOG, inject: [MESSAGING_OPTIONS], useFactory: createMessageLog },
      ],
      exports: [MESSAGE_LOG, MESSAGING_OPTIONS],
    };
  }
}
