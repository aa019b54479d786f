export { readLedger, type Ledger } from './ledger-file';
export { drain, mark, observe, type Platform } from './observe';
export { LedgerSender, type SenderOptions } from './sender';
export { FAULTS, verify, type Observed, type Verdicts } from './verifier';
