export { LIMIT_JUDGES, LIMIT_NAMES } from './judges';
export { LimitWatch } from './limit-watch';
