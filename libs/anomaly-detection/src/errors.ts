/** Bytes that are no snapshot of this kind and version, or a damaged one. */
export class SnapshotError extends Error {
  override readonly name = 'SnapshotError';
}

export class UnknownDetectorError extends Error {
  override readonly name = 'UnknownDetectorError';
}
