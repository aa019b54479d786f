import type { Metric, MetricInput } from '@tidewatch/contracts';
import type { EntityManager } from 'typeorm';
import { MetricEntity } from '../entities/metric.entity';
import type { LazyDataSource } from '../queries/lazy-data-source';
import { type Page, type PageRequest, pageOf, rfc3339 } from '../queries/page';
import { nextRevision } from './next-revision';
import { checkPreconditions, type Preconditions } from './preconditions';

/** Something that can be changed, with the revision of its last change. */
export interface Revised<Item> {
  readonly item: Item;
  readonly revision: string;
}

type MetricRow = Omit<Metric, keyof MetricInput> & {
  readonly [Field in keyof MetricInput]-?: NonNullable<MetricInput[Field]> | null;
} & { readonly revision: string };

/** What people say about metrics. Throws a `ProblemError`: 412 when a precondition fails, 503 when the database takes too long. */
export class Metrics {
  constructor(private readonly source: LazyDataSource) {}

  /** In order of their names. */
  list({ limit, after }: PageRequest): Promise<Page<Metric>> {
    return this.source.ask(async ({ manager }) => {
      const query = select(manager)
        .orderBy('m.name')
        .limit(limit + 1);
      if (after) query.where('m.name > :after', { after: after[0] });
      const rows = await query.getRawMany<MetricRow>();
      return pageOf(rows, limit, { item: metricOf, position: ({ name }) => [name] });
    });
  }

  /** Undefined when nobody has said anything about the metric. */
  get(name: string): Promise<Revised<Metric> | undefined> {
    return this.source.ask(({ manager }) => find(manager, name));
  }

  /** Replaces what is known about the metric by `input`. */
  put(
    name: string,
    input: MetricInput,
    preconditions: Preconditions,
  ): Promise<Revised<Metric> & { readonly isNew: boolean }> {
    return this.source.change(async (transaction) => {
      const revision = await nextRevision(transaction);
      const stored = await find(transaction, name);
      checkPreconditions(preconditions, stored?.revision);
      const { displayName = null, unit = null, description = null, decimals = null } = input;
      const updatedAt = () => 'now()';
      await transaction
        .getRepository(MetricEntity)
        .upsert({ name, displayName, unit, description, decimals, revision, updatedAt }, ['name']);
      return { ...(await find(transaction, name))!, isNew: stored === undefined };
    });
  }

  /** False when there was nothing to remove. */
  remove(name: string, preconditions: Preconditions): Promise<boolean> {
    return this.source.change(async (transaction) => {
      await nextRevision(transaction);
      checkPreconditions(preconditions, (await find(transaction, name))?.revision);
      const { affected } = await transaction.getRepository(MetricEntity).delete({ name });
      return affected === 1;
    });
  }
}

function select(manager: EntityManager) {
  return manager
    .getRepository(MetricEntity)
    .createQueryBuilder('m')
    .select(['m.name AS name', 'm.unit AS unit', 'm.description AS description', 'm.decimals AS decimals'])
    .addSelect('m.display_name', 'displayName')
    .addSelect('m.revision', 'revision')
    .addSelect(rfc3339('m.updated_at'), 'updatedAt');
}

async function find(manager: EntityManager, name: string): Promise<Revised<Metric> | undefined> {
  const row = await select(manager).where('m.name = :name', { name }).getRawOne<MetricRow>();
  return row && { item: metricOf(row), revision: row.revision };
}

function metricOf({ name, displayName, unit, description, decimals, updatedAt }: MetricRow): Metric {
  return {
    name,
    ...(displayName !== null && { displayName }),
    ...(unit !== null && { unit }),
    ...(description !== null && { description }),
    ...(decimals !== null && { decimals }),
    updatedAt,
  };
}
