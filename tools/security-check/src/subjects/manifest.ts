import { parseAllDocuments } from 'yaml';
import type { Place } from '../finding';

export interface Labels {
  readonly [name: string]: string;
}

/** A Kubernetes object, as far as the checks look at it. */
export interface Manifest {
  readonly place: Place;
  readonly kind: string;
  readonly metadata: {
    readonly name?: string;
    readonly namespace?: string;
    readonly labels?: Labels;
    readonly annotations?: Labels;
  };
  readonly spec: Record<string, unknown>;
  readonly data: Readonly<Record<string, string>>;
}

const SOURCE = /^# Source: (?:[^/\n]+\/)?(\S+)/m;

/**
 * The objects of a rendered chart or a file of manifests. `name` stands for the file where the text has no `# Source:` comments of Helm's.
 * Throws an `Error` with one line on text that is no YAML.
 */
export function parseManifests(text: string, name: string): Manifest[] {
  return text.split(/^---\s*$/m).flatMap((part) => {
    const file = SOURCE.exec(part)?.[1] ?? name;
    return parseAllDocuments(part).flatMap((document) => {
      const [error] = document.errors;
      if (error) throw new Error(`${file}: ${error.message.split('\n')[0]}`);
      const value: unknown = document.toJS();
      return isObject(value) ? objectsIn(value).map((object) => toManifest(object, file)) : [];
    });
  });
}

/** A list's items, or the object itself. */
function objectsIn(value: Record<string, unknown>): Record<string, unknown>[] {
  const { items } = value;
  return Array.isArray(items) ? items.filter(isObject) : [value];
}

function toManifest(object: Record<string, unknown>, file: string): Manifest {
  const kind = typeof object['kind'] === 'string' ? object['kind'] : '';
  const metadata = (isObject(object['metadata']) ? object['metadata'] : {}) as Manifest['metadata'];
  return {
    place: { file, subject: `${kind}/${metadata.name ?? ''}` },
    kind,
    metadata,
    spec: isObject(object['spec']) ? object['spec'] : {},
    data: {
      ...(object['data'] as Record<string, string> | undefined),
      ...(object['stringData'] as Record<string, string> | undefined),
    },
  };
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
