import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

@Entity({ name: 'dead_letters' })
@Index('dead_letters_time', ['time'])
export class DeadLetterEntity {
  @PrimaryColumn({ type: 'text' })
  topic!: string;

  @PrimaryColumn({ type: 'int' })
  partition!: number;

  /** A decimal string: offsets are 64-bit. */
  @PrimaryColumn({ name: 'log_offset', type: 'bigint' })
  logOffset!: string;

  @Column({ type: 'text' })
  reason!: string;

  @Column({ type: 'text' })
  detail!: string;

  @Column({ type: 'bytea' })
  value!: Buffer;

  @Column({ type: 'jsonb', default: {} })
  headers!: Record<string, string>;

  @Column({ type: 'timestamptz' })
  time!: Date;
}
