import type { ScenarioResult } from './scenario';

const count = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const ms = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`;

/** The figures of one scenario for a person to read. */
export function report(result: ScenarioResult): string {
  const { scenario, load, socketMs, calibrationMs } = result;
  const refused = Object.entries(load.refused).map(
    ([status, readings]) => `${count.format(readings)} × ${status}`,
  );
  const lines = [
    `${scenario.perRequest} per request through ${scenario.through}, ${scenario.connections} connections, ${scenario.series} series, ${load.seconds.toFixed(1)} s after ${scenario.warmUpSeconds} s of warm-up`,
    `  acknowledged      ${count.format(result.acknowledgedPerSecond)} readings/s (${count.format(load.acknowledged)} in ${count.format(load.requests)} requests)`,
    `  stored            ${count.format(result.storedPerSecond)} readings/s (drained ${result.drainSeconds.toFixed(1)} s after the last answer; counts agree)`,
    `  refused           ${refused.join(', ') || 'none'}`,
    `  acknowledgement   p50 ${ms(load.ackMs.p50)}, p99 ${ms(load.ackMs.p99)}, max ${ms(load.ackMs.max)}`,
    `  POST to socket    p50 ${ms(socketMs.p50)}, p99 ${ms(socketMs.p99)} (${socketMs.samples} samples under this load)`,
    checkpointLine(result),
    `  machine           ${ms(calibrationMs.before)} before, ${ms(calibrationMs.after)} after for the same piece of work: compare only where these agree`,
    '  process           CPU µs/reading   resident MiB',
  ];
  let total = 0;
  for (const [name, cost] of Object.entries(result.processes).sort(([a], [b]) => (a < b ? -1 : 1))) {
    total += cost.cpuMicrosPerReading;
    lines.push(
      `    ${name.padEnd(15)} ${cost.cpuMicrosPerReading.toFixed(2).padStart(14)} ${cost.residentMiB.toFixed(0).padStart(14)}`,
    );
  }
  lines.push(`    ${'in all'.padEnd(15)} ${total.toFixed(2).padStart(14)}`);
  return lines.join('\n');
}

function checkpointLine({ checkpoints: all }: ScenarioResult): string {
  if (all.series === 0) return '  checkpoints       none';
  const each = `${count.format(all.bytes / all.series)} bytes and ${((all.seconds / all.series) * 1e6).toFixed(0)} µs each`;
  const share = ((all.seconds / all.ofSeconds) * 100).toFixed(1);
  return (
    `  checkpoints       ${all.checkpoints}, of ${count.format(all.series)} changed series, ${each} by the clock: ${share} % of the time; ` +
    `now one of a partition each ${all.intervalSeconds.toFixed(0)} s`
  );
}
