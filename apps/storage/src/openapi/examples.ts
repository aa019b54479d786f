const TIME = '2026-03-01T12:00:00.000250Z';

export const SERIES_EXAMPLE = { device: 'boiler-7', metric: 'temperature', tags: { site: 'north' } };

export const ANOMALY_EXAMPLE = {
  ...{ id: '5f0c8a2e7b1d4c39', revision: 2, state: 'closed', incidentId: '0d1f6b3c9a2e4f58' },
  series: SERIES_EXAMPLE,
  ...{ began: TIME, peakTime: '2026-03-01T12:00:08.000250Z', peakValue: 97.2 },
  ...{ ended: '2026-03-01T12:00:48.000250Z', durationSeconds: 48, flaggedReadings: 47 },
  ...{ expectedMin: 78.1, expectedMax: 84.9, score: 0.91, ratio: 10.1, deviation: 31.2 },
  finding: { kind: 'value', observed: 97.2, reason: '31 times as far from the usual level as usual' },
  statistics: [{ name: 'distance from the usual level', unit: 'limit', strength: 10.1 }],
  related: [{ series: { ...SERIES_EXAMPLE, metric: 'pressure' }, ratio: 1.4 }],
  ...{ severity: 'critical', detector: 'agreement' },
  explanation:
    'boiler-7 temperature 97.2 °C; expected 78.1–84.9; 31 times as far from the usual level as usual; began 12:00:00 UTC, lasted 48 s.',
  counterfactual: 'It would not have fired at a threshold above 0.91 (limits 10.1 times as wide).',
};
