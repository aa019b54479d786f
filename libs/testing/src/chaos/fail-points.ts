/** Named points at which the services kill themselves when armed, in the order in which the lives of a process meet them. */
const FAIL_POINTS = {
  ingestion: ['ingestion.after-append@20', 'ingestion.after-append@3'],
  processing: [
    'processing.in-batch@5',
    'processing.after-outputs@2',
    'processing.after-commit@2',
    'processing.before-resolve@3',
  ],
  storage: ['storage.in-batch@5', 'storage.after-commit@3', 'storage.before-resolve@3'],
} as const;

/** Environment of the supervisor that arms them all: the n-th life of a service meets its n-th point. */
export function armedFailPoints(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(FAIL_POINTS).map(([service, points]) => [
      `TIDEWATCH_${service.toUpperCase()}_FAIL_POINT`,
      points.join(','),
    ]),
  );
}

/** How many deaths of each service the armed points bring about. */
export function deathsByFailPoints(): Record<string, number> {
  return Object.fromEntries(Object.entries(FAIL_POINTS).map(([service, points]) => [service, points.length]));
}
