import {
  DETECTION_BOUNDS,
  type DetectionInput,
  detectionInput,
  type DetectionLimits,
} from '@tidewatch/contracts';

export type SensitivityChoice = 'inherit' | 'off' | 'default' | 'number';

/** Settings as they are in the form: numbers are what was typed. */
export interface Draft {
  readonly sensitivity: SensitivityChoice;
  readonly alarmsPerWeek: string;
  readonly min: string;
  readonly max: string;
}

/** What is wrong, by the field of the form. */
export type Faults = Partial<Record<'alarmsPerWeek' | 'min' | 'max', string>>;

export type Checked =
  | { readonly input: DetectionInput; readonly faults?: undefined }
  | { readonly input?: undefined; readonly faults: Faults };

export function draftOf(own: DetectionInput | undefined): Draft {
  const sensitivity = own?.sensitivity;
  return {
    sensitivity: typeof sensitivity === 'number' ? 'number' : (sensitivity ?? 'inherit'),
    alarmsPerWeek: String(
      typeof sensitivity === 'number' ? sensitivity : DETECTION_BOUNDS.alarmsPerWeek.usual,
    ),
    min: textOf(own?.limits?.min?.value),
    max: textOf(own?.limits?.max?.value),
  };
}

/** The settings that a form stands for. What the form does not show (how long, hysteresis, rate, stuck) stays as it is set. */
export function inputOf(
  draft: Draft,
  own: DetectionInput | undefined,
  ofMetric: DetectionInput | undefined,
): Checked {
  const { sensitivity, alarmsPerWeek } = draft;
  const limits = limitsOf(draft, own?.limits);
  // No limit at all has to be said where the metric has some, if somebody has said so before.
  const isNone = Object.keys(limits).length === 0;
  const saysNone = own?.limits !== undefined && ofMetric?.limits !== undefined;
  const result = detectionInput.safeParse({
    ...(sensitivity !== 'inherit' && {
      sensitivity: sensitivity === 'number' ? numberOf(alarmsPerWeek) : sensitivity,
    }),
    ...((!isNone || saysNone) && { limits }),
  });
  if (result.success) return { input: result.data };
  const faults: Faults = {};
  for (const { path, message } of result.error.issues) faults[fieldOf(path)] ??= message;
  return { faults };
}

function limitsOf({ min, max }: Draft, own: DetectionLimits | undefined): DetectionLimits {
  const { min: ownMin, max: ownMax, ...others } = own ?? {};
  return {
    ...others,
    ...(min.trim() !== '' && { min: { ...ownMin, value: numberOf(min) } }),
    ...(max.trim() !== '' && { max: { ...ownMax, value: numberOf(max) } }),
  };
}

/** NaN where it is none; a decimal comma is a point. */
function numberOf(text: string): number {
  return text.trim() === '' ? NaN : Number(text.trim().replace(',', '.'));
}

function textOf(value: number | undefined): string {
  return value === undefined ? '' : String(value);
}

function fieldOf(path: readonly PropertyKey[]): keyof Faults {
  if (path[0] === 'sensitivity') return 'alarmsPerWeek';
  return path[1] === 'max' ? 'max' : 'min';
}
