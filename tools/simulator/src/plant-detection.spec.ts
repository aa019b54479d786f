import { expect, test } from '@jest/globals';
import { ALARM_SCORE, detectorKind, newVerdict, observe } from '@tidewatch/anomaly-detection';
import type { Fault } from './faults';
import { readingAt, type Sensor, sensorsOf } from './plant';

const HOUR_MS = 3_600_000;
const FROM_MS = Date.UTC(2026, 0, 5, 8);
const HOURS = 6;
const STEP_MS = 1_000;
/** An alarm may come so long after the end of a fault: the way back is part of it. */
const TOLERANCE_MS = 60_000;

interface Found {
  /** One for each fault that showed: whether there was an alarm. */
  readonly faults: boolean[];
  /** Alarms without a fault. */
  falseAlarms: number;
}

/** What the product's detector finds of one sensor with one reading a second, by its share of one false alarm a week. */
function watch(sensor: Sensor, budget: number): Found {
  const detector = detectorKind('agreement').create();
  detector.budget(budget);
  const verdict = newVerdict();
  const found: Found = { faults: [], falseAlarms: 0 };
  let last: Fault | undefined;
  for (let timeMs = FROM_MS; timeMs < FROM_MS + HOURS * HOUR_MS; timeMs += STEP_MS) {
    const { value, fault } = readingAt(1, sensor, timeMs);
    if (fault && fault.startMs !== last?.startMs) {
      last = fault;
      found.faults.push(false);
    }
    observe(detector, timeMs * 1_000, value, verdict);
    if (verdict.score < ALARM_SCORE) continue;
    if (last && timeMs < last.endMs + TOLERANCE_MS) found.faults[found.faults.length - 1] = true;
    else found.falseAlarms += 1;
  }
  return found;
}

test('a plant with one reading a second: four of five faults are found, again and again, with few false alarms', () => {
  const sensors = sensorsOf(6);
  const ofDevice = (device: string) => sensors.filter((sensor) => sensor.device === device).length;
  const found = sensors.map((sensor) => watch(sensor, 1 / ofDevice(sensor.device)));
  const faults = found.flatMap((one) => one.faults);
  expect(faults.length).toBeGreaterThan(40);
  expect(faults.filter((isFound) => isFound).length).toBeGreaterThanOrEqual(0.8 * faults.length);
  expect(found.reduce((sum, one) => sum + one.falseAlarms, 0)).toBeLessThanOrEqual(3);
});
