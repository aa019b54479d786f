/** A process of its own for each measurement: `speed-process.js <detector> <series>`. */
import { detectorKind } from '@tidewatch/anomaly-detection';
import { measureSpeed } from './speed';

const [detector = '', series = ''] = process.argv.slice(2);
process.stdout.write(JSON.stringify(measureSpeed(detectorKind(detector), Number(series))));
