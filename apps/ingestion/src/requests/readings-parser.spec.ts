import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LIMITS, ProblemError, readingsBody } from '@tidewatch/contracts';
import { parseForerunner } from './forerunner-parser';
import { parseReadings } from './readings-parser';
import { RequestRows } from './request-rows';
import { SeriesCatalog } from './series-catalog';

const KNOWN = ['a', 'b', 'm', 'unit', 'ok', 'x'].map((metric) => ['d', metric]);
const RECEIVED_US = 1_700_000_000_000_000;

interface Row {
  device: string;
  metric: string;
  tags: Record<string, string>;
  timeUs: number;
  value: number;
}

function parse(body: unknown, { parser = parseReadings, catalog = new SeriesCatalog(12) } = {}) {
  const rows = new RequestRows();
  const faults = parser(body, { rows, receivedUs: RECEIVED_US }, catalog);
  return { rows: listed(rows), faults };
}

function listed(rows: RequestRows): Row[] {
  return Array.from({ length: rows.length }, (_, i) => {
    const { device, metric, tags } = rows.series[i]!.key;
    return {
      device,
      metric,
      tags: Object.fromEntries(tags),
      timeUs: rows.timeUs[i]!,
      value: rows.value[i]!,
    };
  });
}

/** The faults of a body, as `pointer code`: the same whether its series are known or not. */
function faultsOf(body: unknown, parser = parseReadings): string[] {
  const catalog = new SeriesCatalog(12);
  const cold = parse(body, { parser, catalog }).faults.kept;
  for (const [device, metric] of [...KNOWN, ['boiler-7', 'temperature']]) catalog.add(device!, metric!);
  expect(parse(body, { parser, catalog }).faults.kept).toEqual(cold);
  return cold.map(({ pointer, code }) => `${pointer} ${code}`);
}

const good = { device: 'boiler-7', metric: 'temperature', value: 21.5 };
const goodRow: Row = { ...good, tags: {}, timeUs: RECEIVED_US };

describe('the body of /v1/readings', () => {
  test.each([
    ['one reading', good],
    ['an array', [good]],
    ['an object with readings', { readings: [good] }],
  ])('%s', (_, body) => {
    const { rows, faults } = parse(body);
    expect(rows).toEqual([goodRow]);
    expect(faults.kept).toEqual([]);
  });

  test('times as text and as milliseconds, exact to the microsecond', () => {
    const times = ['2023-11-14T22:13:20.123456Z', '2023-11-14T23:13:20.123457+01:00', 1_700_000_000_123.458];
    const { rows } = parse(times.map((time) => ({ ...good, time })));
    expect(rows.map(({ timeUs }) => timeUs)).toEqual([
      1_700_000_000_123_456, 1_700_000_000_123_457, 1_700_000_000_123_458,
    ]);
  });

  test('readings of a series without a time are told apart, those of others have the same time', () => {
    const catalog = new SeriesCatalog(12);
    const pressure = { ...good, metric: 'pressure' };
    const first = parse([good, good, pressure], { catalog });
    const second = parse([good, pressure], { catalog });
    expect(first.rows.map(({ timeUs }) => timeUs - RECEIVED_US)).toEqual([0, 1, 0]);
    expect(second.rows.map(({ timeUs }) => timeUs - RECEIVED_US)).toEqual([2, 1]);
  });

  test('tags in any order are one series', () => {
    const catalog = new SeriesCatalog(12);
    const rows = new RequestRows();
    const context = { rows, receivedUs: RECEIVED_US };
    const orders = [
      { site: 'north', floor: '2', 10: 'x' },
      { floor: '2', 10: 'x', site: 'north' },
      { site: 'north', floor: '2', 10: 'x' },
    ];
    for (const tags of orders) parseReadings({ ...good, tags }, context, catalog);
    expect(new Set(rows.series.slice(0, rows.length)).size).toBe(1);
    expect(rows.series[0]!.key.tags).toEqual([
      ['10', 'x'],
      ['floor', '2'],
      ['site', 'north'],
    ]);
  });

  test('a tag is told from a metric which looks like it', () => {
    const catalog = new SeriesCatalog(12);
    const tagged = parse({ ...good, tags: { a: 'b' } }, { catalog });
    expect(tagged.rows).toHaveLength(1);
    expect(parse({ ...good, metric: '11:temperature1:a1:b' }, { catalog }).rows[0]!.tags).toEqual({});
  });
});

describe('faults of /v1/readings', () => {
  const long = 'x'.repeat(LIMITS.nameBytes);
  test.each([
    ['null', null, [' wrong-type']],
    ['a number', 5, [' wrong-type']],
    ['a string', 'reading', [' wrong-type']],
    ['an empty array', [], [' empty']],
    ['an empty list', { readings: [] }, ['/readings empty']],
    ['readings that are no list', { readings: good }, ['/readings wrong-type']],
    ['a field beside readings', { readings: [good], source: 1 }, ['/source unknown-field']],
    ['an empty object', {}, ['/device missing', '/metric missing', '/value missing']],
    ['an item that is null', [good, null], ['/1 wrong-type']],
    ['an item that is an array', { readings: [[good]] }, ['/readings/0 wrong-type']],
    ['an unknown field', { ...good, unit: 'C' }, ['/unit unknown-field']],
    [
      'a field of the prototype',
      JSON.parse('{"device":"d","metric":"m","value":1,"__proto__":1}'),
      ['/__proto__ unknown-field'],
    ],
    ['a field with a slash and a tilde', { ...good, 'a/b~c': 1 }, ['/a~1b~0c unknown-field']],
    ['a missing value', [good, { device: 'd', metric: 'm' }], ['/1/value missing']],
    ['a value as text', { ...good, value: '21.5' }, ['/value wrong-type']],
    ['a value of null', { ...good, value: null }, ['/value wrong-type']],
    ['a value of true', { ...good, value: true }, ['/value wrong-type']],
    ['1e400', JSON.parse('{"device":"d","metric":"m","value":1e400}'), ['/value not-finite']],
    ['-1e400', JSON.parse('{"device":"d","metric":"m","value":-1e400}'), ['/value not-finite']],
    ['an empty device', { ...good, device: '' }, ['/device empty']],
    ['a device as number', { ...good, device: 7 }, ['/device wrong-type']],
    ['NUL in a device', { ...good, device: 'a\0' }, ['/device control-character']],
    ['a line break in a metric', { ...good, metric: 'a\nb' }, ['/metric control-character']],
    ['a C1 character in a metric', { ...good, metric: 'a\u0085' }, ['/metric control-character']],
    ['a lone high surrogate', { ...good, device: 'a\ud83d' }, ['/device lone-surrogate']],
    ['a lone low surrogate', { ...good, device: '\ude00a' }, ['/device lone-surrogate']],
    ['a device that is too long', { ...good, device: `${long}x` }, ['/device too-long']],
    ['a device too long in bytes only', { ...good, device: 'é'.repeat(65) }, ['/device too-long']],
    ['a time of null', { ...good, time: null }, ['/time invalid-time']],
    ['a time as boolean', { ...good, time: true }, ['/time invalid-time']],
    ['a time without offset', { ...good, time: '2023-11-14T22:13:20' }, ['/time invalid-time']],
    [
      'an infinite time',
      JSON.parse('{"device":"d","metric":"m","value":1,"time":1e400}'),
      ['/time invalid-time'],
    ],
    ['a time before 1970', { ...good, time: -1 }, ['/time time-out-of-range']],
    ['a time after 2199', { ...good, time: '2200-01-01T00:00:00Z' }, ['/time time-out-of-range']],
    ['tags of null', { ...good, tags: null }, ['/tags wrong-type']],
    ['tags as an array', { ...good, tags: ['a'] }, ['/tags wrong-type']],
    ['a tag as number', { ...good, tags: { floor: 2 } }, ['/tags/floor wrong-type']],
    ['an empty tag key', { ...good, tags: { '': 'a' } }, ['/tags/ empty']],
    ['an empty tag value', { ...good, tags: { a: '' } }, ['/tags/a empty']],
    [
      'NUL in a tag',
      { ...good, tags: { 'a\0': '\0' } },
      ['/tags/a\0 control-character', '/tags/a\0 control-character'],
    ],
    [
      'too many tags',
      { ...good, tags: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${i}`, 'v'])) },
      ['/tags too-many-tags'],
    ],
    [
      'several at once',
      { device: '', value: 'x', extra: 1 },
      ['/extra unknown-field', '/device empty', '/metric missing', '/value wrong-type'],
    ],
  ])('%s', (_, body: unknown, expected) => {
    expect(faultsOf(body)).toEqual(expected);
  });

  test('what is just within the limits is good', () => {
    const tags = Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`k${i}`, long]));
    const body = [
      { ...good, device: long, metric: '😀'.repeat(32), tags, time: LIMITS.minTimeUs / 1000 },
      { ...good, time: '2199-12-31T23:59:59.999999Z', value: -0, tags: {} },
    ];
    const { rows, faults } = parse(body);
    expect(faults.kept).toEqual([]);
    expect(rows).toMatchObject([
      { device: long, tags },
      { timeUs: LIMITS.maxTimeUs, value: -0, tags: {} },
    ]);
  });

  test('the index counts in the list, and good readings around a bad one are kept', () => {
    const { rows, faults } = parse([good, { ...good, value: null }, { ...good, value: 3 }]);
    expect(faults.kept).toEqual([
      { index: 1, pointer: '/1/value', code: 'wrong-type', detail: 'Must be a number.' },
    ]);
    expect(rows.map(({ value }) => value)).toEqual([21.5, 3]);
  });

  test('every reading with a fault is named, from the hundredth fault on by its first', () => {
    const { faults } = parse(Array.from({ length: 250 }, () => ({ device: 'd' })));
    expect(faults).toMatchObject({ faultyItems: 250, total: 500 });
    expect(faults.kept).toHaveLength(50 * 2 + 200);
    expect(new Set(faults.kept.map(({ index }) => index)).size).toBe(250);
    expect(faults.kept.at(-1)).toMatchObject({ index: 249, pointer: '/249/metric' });
  });

  test('one item does not fill the list, nor its names the answer', () => {
    const fields = Object.fromEntries(
      Array.from({ length: 1_000 }, (_, i) => [`${'n'.repeat(10_000)}${i}`, 1]),
    );
    const { faults } = parse([fields, null]);
    expect(faults.kept.filter(({ index }) => index === 0)).toHaveLength(8);
    expect(faults.kept.at(-1)).toMatchObject({ index: 1 });
    expect(JSON.stringify(faults.kept).length).toBeLessThan(4_000);
  });

  test('more readings than admitted are too large', () => {
    const body = new Array<unknown>(LIMITS.readingsPerRequest + 1).fill(good);
    expect(() => parse(body)).toThrow(expect.objectContaining({ status: 413 }));
    expect(parse(body.slice(1)).rows).toHaveLength(LIMITS.readingsPerRequest);
  });
});

const name = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom('a', 'b', 'température', 'x/y') },
  fc.constantFrom('', 5, null),
);
const reading = fc.record(
  {
    device: name,
    metric: name,
    value: fc.oneof({ weight: 5, arbitrary: fc.double({ noNaN: true }) }, fc.constantFrom('1', null)),
    time: fc.oneof(
      fc.integer({ min: 0, max: 4e12 }),
      fc
        .date({ min: new Date(0), max: new Date('2199-12-31'), noInvalidDate: true })
        .map((date) => date.toISOString()),
      fc.constantFrom('yesterday', null, {}),
    ),
    tags: fc.oneof(fc.dictionary(fc.constantFrom('a', 'b', 'c'), name), fc.constantFrom(null, 'a')),
    extra: fc.constant(1),
  },
  { requiredKeys: ['device', 'metric', 'value'] },
);

describe('whatever the body is', () => {
  const parsers = [parseReadings, parseForerunner];

  test('no JSON value breaks a parser', () => {
    fc.assert(
      fc.property(fc.constantFrom(...parsers), fc.jsonValue(), (parser, body) => {
        const { rows, faults } = parse(body, { parser });
        expect(rows.length > 0 || faults.faultyItems > 0).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  test('a reading is good when the published schema says so', () => {
    fc.assert(
      fc.property(reading, (item) => {
        const body = JSON.parse(JSON.stringify(item)) as unknown;
        expect(parse(body).rows.length).toBe(readingsBody.safeParse(body).success ? 1 : 0);
      }),
      { numRuns: 2_000 },
    );
  });

  test('each reading is either a row or has a fault, and a known series changes nothing', () => {
    fc.assert(
      fc.property(fc.array(reading, { minLength: 1, maxLength: 20 }), (items) => {
        const body: unknown = JSON.parse(JSON.stringify(items));
        const catalog = new SeriesCatalog(12);
        const cold = parse(body, { catalog });
        expect(cold.rows.length + cold.faults.faultyItems).toBe(items.length);
        const warm = parse(body, { catalog });
        expect(warm.faults).toEqual(cold.faults);
        const withoutReceiptTimes = (rows: Row[]) =>
          rows.map((row) => (Math.abs(row.timeUs - RECEIVED_US) < 100 ? { ...row, timeUs: null } : row));
        expect(withoutReceiptTimes(warm.rows)).toEqual(withoutReceiptTimes(cold.rows));
      }),
    );
  });

  test('a pointer leads to what it complains about', () => {
    fc.assert(
      fc.property(fc.array(reading, { minLength: 1, maxLength: 5 }), (items) => {
        const body: unknown = JSON.parse(JSON.stringify(items));
        for (const { pointer, code } of parse(body).faults.kept) {
          const found = at(body, pointer);
          if (code === 'missing') expect(found).toBeUndefined();
          else expect(found).toBeDefined();
        }
      }),
    );
  });
});

/** The value at a JSON pointer (RFC 6901). */
function at(body: unknown, pointer: string): unknown {
  const names = pointer.split('/').slice(1);
  return names.reduce<unknown>(
    (value, token) => (value as Record<string, unknown>)[token.replaceAll('~1', '/').replaceAll('~0', '~')],
    body,
  );
}

describe('the forerunner’s format', () => {
  const parser = parseForerunner;

  test('each numeric field is a metric', () => {
    const { rows, faults } = parse({ device_id: 'test-001', temperature: 25.5, humidity: 60 }, { parser });
    expect(faults.kept).toEqual([]);
    expect(rows).toEqual([
      { device: 'test-001', metric: 'temperature', tags: {}, timeUs: RECEIVED_US, value: 25.5 },
      { device: 'test-001', metric: 'humidity', tags: {}, timeUs: RECEIVED_US, value: 60 },
    ]);
  });

  test.each([
    ['2023-11-14T22:13:20Z', 1_700_000_000_000_000],
    ['2023-11-14T22:13:20.123456+00:00', 1_700_000_000_123_456],
    ['2023-11-14T22:13:20.123456', 1_700_000_000_123_456],
    ['2023-11-14 22:13:20', 1_700_000_000_000_000],
    [1_700_000_000, 1_700_000_000_000_000],
    [1_700_000_000.123456, 1_700_000_000_123_456],
    [1_700_000_000_123, 1_700_000_000_123_000],
    [0, 0],
  ])('timestamp %p', (timestamp, expected) => {
    const { rows } = parse({ device_id: 'd', timestamp, a: 1, b: 2 }, { parser });
    expect(rows.map(({ timeUs }) => timeUs)).toEqual([expected, expected]);
  });

  test.each([
    ['null', null, [' wrong-type']],
    ['an empty array', [], [' empty']],
    ['an item that is a number', [5], ['/0 wrong-type']],
    ['no device', { temperature: 1 }, ['/device_id missing']],
    ['a device as number', { device_id: 1, temperature: 1 }, ['/device_id wrong-type']],
    ['NUL in the device', { device_id: 'a\0', temperature: 1 }, ['/device_id control-character']],
    ['no metric', { device_id: 'd', timestamp: 1 }, [' missing']],
    [
      'fields that are not numeric',
      { device_id: 'd', a: 1, unit: 'C', ok: true, x: null },
      ['/unit wrong-type', '/ok wrong-type', '/x wrong-type'],
    ],
    ['1e400', JSON.parse('{"device_id":"d","a":1e400}'), ['/a not-finite']],
    ['an empty field name', { device_id: 'd', '': 1 }, ['/ empty']],
    ['a lone surrogate as field name', { device_id: 'd', '\ud800': 1 }, ['/\ud800 lone-surrogate']],
    ['a timestamp that is none', { device_id: 'd', a: 1, timestamp: 'now' }, ['/timestamp invalid-time']],
    ['a timestamp of null', { device_id: 'd', a: 1, timestamp: null }, ['/timestamp invalid-time']],
    ['a timestamp before 1970', { device_id: 'd', a: 1, timestamp: -5 }, ['/timestamp time-out-of-range']],
  ])('%s', (_, body: unknown, expected) => {
    expect(faultsOf(body, parser)).toEqual(expected);
  });

  test('an object with a fault leaves none of its metrics behind', () => {
    const { rows } = parse(
      [
        { device_id: 'd', a: 1, b: 'x' },
        { device_id: 'd', c: 3 },
      ],
      { parser },
    );
    expect(rows.map(({ metric }) => metric)).toEqual(['c']);
  });

  test('metrics count against the limit of readings', () => {
    const fields = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`m${i}`, i]));
    const half = { device_id: 'd', ...fields(LIMITS.readingsPerRequest / 2) };
    expect(parse([half, half], { parser }).rows).toHaveLength(LIMITS.readingsPerRequest);
    expect(() => parse([half, half, { device_id: 'd', a: 1 }], { parser })).toThrow(ProblemError);
  });
});
