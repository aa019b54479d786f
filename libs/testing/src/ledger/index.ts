export { groupsOf, notShown, publishedGroups } from './compare-groups';
export { GROUP_TAG } from './generator';
export { GroupViewer } from './group-viewer';
export { readLedger, type Ledger } from './ledger-file';
export { drain, mark, observe, type Platform } from './observe';
export { LedgerSender, type SenderOptions } from './sender';
export { FAULTS, verify, type Observed, type Verdicts } from './verifier';
