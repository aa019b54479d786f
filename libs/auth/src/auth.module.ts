import { Global, Module, type DynamicModule, type FactoryProvider, type Provider } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { KeysChangedController } from './control/keys-changed.controller';
import { AccessGuard } from './guard/access.guard';
import { AUTH_OPTIONS, type AuthOptions } from './options';
import { CredentialVerifier } from './verification/credential-verifier';

export type AuthModuleAsyncOptions = Pick<FactoryProvider<AuthOptions>, 'inject' | 'useFactory'>;

/** Guards every route of the application and provides `CredentialVerifier` everywhere. */
@Global()
@Module({})
export class AuthModule {
  static forRoot(options: AuthOptions): DynamicModule {
    return build({ provide: AUTH_OPTIONS, useValue: options });
  }

  static forRootAsync(options: AuthModuleAsyncOptions): DynamicModule {
    return build({ provide: AUTH_OPTIONS, inject: options.inject ?? [], useFactory: options.useFactory });
  }
}

function build(options: Provider<AuthOptions>): DynamicModule {
  return {
    module: AuthModule,
    controllers: [KeysChangedController],
    providers: [options, CredentialVerifier, { provide: APP_GUARD, useClass: AccessGuard }],
    exports: [CredentialVerifier],
  };
}
