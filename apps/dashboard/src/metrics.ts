import { Counter, Gauge, Histogram } from 'prom-client';

export const liveSockets = new Gauge({
  name: 'tidewatch_live_sockets',
  help: 'Browsers that are connected.',
});

export const refusedHandshakes = new Counter({
  name: 'tidewatch_live_refused_total',
  help: 'Handshakes refused, by reason: origin, credential, scope, limit or fault.',
  labelNames: ['reason'],
});

export const framesSent = new Counter({
  name: 'tidewatch_live_frames_total',
  help: 'Frames sent after the snapshot.',
  labelNames: ['view'],
});

export const framesConflated = new Counter({
  name: 'tidewatch_live_conflated_total',
  help: 'Frames that were due but merged with later ones, because the client had not taken earlier ones.',
  labelNames: ['view'],
});

export const clientsDropped = new Counter({
  name: 'tidewatch_live_dropped_clients_total',
  help: 'Clients dropped because what was sent to them did not leave for too long.',
});

export const liveLatency = new Histogram({
  name: 'tidewatch_live_latency_seconds',
  help: 'From the receipt of a reading by ingestion to the frame that shows it, by view; the oldest reading of each frame.',
  labelNames: ['view'],
  buckets: [0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 30],
});

export const tailedReadings = new Counter({
  name: 'tidewatch_live_readings_total',
  help: 'Readings seen on the tail of the log, those of the past that is read after a start not counted.',
});

export const unreadableRecords = new Counter({
  name: 'tidewatch_live_unreadable_records_total',
  help: 'Records on the tail of the log that are not what their topic says.',
  labelNames: ['topic'],
});

export const liveSeries = new Gauge({
  name: 'tidewatch_live_series',
  help: 'Series with a place in the live state.',
});

export const livePointBytes = new Gauge({
  name: 'tidewatch_live_point_bytes',
  help: 'Memory of recent points.',
});
