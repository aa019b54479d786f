export * from './detector';
export * from './errors';
export { DETECTORS, detectorKind } from './detectors';
export * from './episodes';
export * from './limits';
export { readShortFloat, writeShortFloat } from './short-floats';
