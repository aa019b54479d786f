import { z } from 'zod';
import type { ServiceSchema } from './common-config';

/** One row of the table of settings in a service's README. */
export interface SettingDescription {
  readonly name: string;
  /** As it is written in the environment; null when the setting is required, '' when it is optional without a default. */
  readonly defaultValue: string | null;
  readonly description: string;
  readonly secret: boolean;
}

/** Lists the settings of a schema in the order of the schema. */
export function describeConfig(schema: ServiceSchema): SettingDescription[] {
  return Object.entries(schema.shape).map(([name, field]) => {
    const meta = metaOf(field);
    return {
      name,
      defaultValue: defaultOf(field),
      description: meta?.description ?? '',
      secret: meta?.['secret'] === true,
    };
  });
}

function metaOf(field: z.ZodType) {
  return field.meta() ?? (field instanceof z.ZodDefault ? (field.unwrap() as z.ZodType).meta() : undefined);
}

function defaultOf(field: z.ZodType): string | null {
  const result = field.safeParse(undefined);
  if (!result.success) return null;
  if (result.data === undefined) return '';
  return Array.isArray(result.data)
    ? result.data.join(',')
    : JSON.stringify(result.data).replace(/^"|"$/g, '');
}
