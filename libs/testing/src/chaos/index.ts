export { ChaosPlatform, type ChaosPlatformOptions, type Driver, freePortRange } from './chaos-platform';
export { armedFailPoints } from './fail-points';
export { type FaultName, faultNames } from './faults';
export { type FaultReport, type FaultRun, LEDGER_SETTINGS, runFault } from './run-fault';
