import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

@Entity({ name: 'series' })
@Index('series_device_metric', ['device', 'metric', 'id'])
export class SeriesEntity {
  @PrimaryGeneratedColumn('identity', { type: 'int', generatedIdentity: 'ALWAYS' })
  id!: number;

  /** First 16 bytes of SHA-256 over the canonical series key. */
  @Column({ name: 'key_hash', type: 'bytea', unique: true })
  keyHash!: Buffer;

  @Column({ type: 'text' })
  device!: string;

  @Column({ type: 'text' })
  metric!: string;

  @Column({ type: 'jsonb', default: {} })
  tags!: Record<string, string>;

  @Column({ name: 'first_seen', type: 'timestamptz', default: () => 'now()' })
  firstSeen!: Date;
}
