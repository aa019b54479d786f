import type { Check } from '../finding';
import { apiAuthentication } from './api-authentication';
import { hardCodedSecrets } from './hard-coded-secrets';
import { healthProbes } from './health-probes';
import { networkPolicies } from './network-policies';
import { nonRoot } from './non-root';
import { resourceLimits } from './resource-limits';
import { secretHandling } from './secret-handling';
import { securityContexts } from './security-contexts';

export const CHECKS: readonly Check[] = [
  ...[hardCodedSecrets, securityContexts, networkPolicies, resourceLimits],
  ...[healthProbes, apiAuthentication, nonRoot, secretHandling],
];
