import { describe, expect, test } from '@jest/globals';
import type { DetectionInput } from '@tidewatch/contracts';
import { type Draft, draftOf, inputOf } from './draft';

const EMPTY: Draft = { sensitivity: 'inherit', alarmsPerWeek: '1', min: '', max: '' };

describe('a draft', () => {
  test.each<[DetectionInput | undefined, Partial<Draft>]>([
    [undefined, {}],
    [{}, {}],
    [{ sensitivity: 'off' }, { sensitivity: 'off' }],
    [{ sensitivity: 'default' }, { sensitivity: 'default' }],
    [{ sensitivity: 0.2 }, { sensitivity: 'number', alarmsPerWeek: '0.2' }],
    [{ limits: { min: { value: -1.5 }, max: { value: 95, forSeconds: 60 } } }, { min: '-1.5', max: '95' }],
  ])('of %j and back', (own, change) => {
    const draft = draftOf(own);
    expect(draft).toEqual({ ...EMPTY, ...change });
    expect(inputOf(draft, own, undefined)).toEqual({ input: own ?? {} });
  });

  test('keeps what it does not show', () => {
    const own: DetectionInput = {
      limits: { max: { value: 95, forSeconds: 60, hysteresis: 2 }, stuck: { forSeconds: 600 } },
    };
    expect(inputOf({ ...draftOf(own), max: '90,5' }, own, undefined)).toEqual({
      input: { limits: { max: { value: 90.5, forSeconds: 60, hysteresis: 2 }, stuck: { forSeconds: 600 } } },
    });
    expect(inputOf({ ...draftOf(own), max: '' }, own, undefined)).toEqual({
      input: { limits: { stuck: { forSeconds: 600 } } },
    });
  });

  test('without limits says so only where they take the place of those of the metric', () => {
    const [own, ofMetric] = [{ limits: { max: { value: 9 } } }, { limits: { max: { value: 5 } } }];
    expect(inputOf({ ...draftOf(own), max: ' ' }, own, ofMetric)).toEqual({ input: { limits: {} } });
    expect(inputOf({ ...draftOf(own), max: '' }, own, undefined)).toEqual({ input: {} });
    expect(inputOf(EMPTY, undefined, ofMetric)).toEqual({ input: {} });
  });

  test.each<[Partial<Draft>, string]>([
    [{ sensitivity: 'number', alarmsPerWeek: '0' }, 'alarmsPerWeek'],
    [{ sensitivity: 'number', alarmsPerWeek: '' }, 'alarmsPerWeek'],
    [{ sensitivity: 'number', alarmsPerWeek: 'often' }, 'alarmsPerWeek'],
    [{ min: 'low' }, 'min'],
    [{ max: '1e999' }, 'max'],
    [{ min: '5', max: '4' }, 'min'],
  ])('%j has a fault at its field', (change, field) => {
    const { faults } = inputOf({ ...EMPTY, ...change }, undefined, undefined);
    expect(Object.keys(faults!)).toEqual([field]);
  });
});
