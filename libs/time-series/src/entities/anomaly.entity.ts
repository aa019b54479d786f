import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { SeriesEntity } from './series.entity';

@Entity({ name: 'anomalies' })
@Index('anomalies_time', ['time', 'id'])
export class AnomalyEntity {
  @PrimaryColumn({ type: 'text' })
  id!: string;

  @Column({ name: 'series_id', type: 'int' })
  seriesId!: number;

  @ManyToOne(() => SeriesEntity)
  @JoinColumn({ name: 'series_id' })
  series?: SeriesEntity;

  @Column({ type: 'timestamptz' })
  time!: Date;

  @Column({ type: 'float8' })
  value!: number;

  @Column({ name: 'expected_min', type: 'float8' })
  expectedMin!: number;

  @Column({ name: 'expected_max', type: 'float8' })
  expectedMax!: number;

  @Column({ type: 'float8' })
  score!: number;

  @Column({ type: 'text' })
  severity!: string;

  @Column({ type: 'text' })
  detector!: string;

  @Column({ type: 'text' })
  explanation!: string;
}
