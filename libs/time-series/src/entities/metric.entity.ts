import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What people say about a metric; readings need none of it. */
@Entity({ name: 'metrics' })
export class MetricEntity {
  @PrimaryColumn({ type: 'text' })
  name!: string;

  @Column({ name: 'display_name', type: 'text', nullable: true })
  displayName!: string | null;

  @Column({ type: 'text', nullable: true })
  unit!: string | null;

  @Column({ type: 'text', nullable: true })
  description!: string | null;

  @Column({ type: 'smallint', nullable: true })
  decimals!: number | null;

  /** A decimal string: of the change that made this row what it is. */
  @Column({ type: 'bigint' })
  revision!: string;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt!: Date;
}
