import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { SeriesEntity } from './series.entity';

@Entity({ name: 'anomalies' })
@Index('anomalies_began', ['began', 'id'])
export class AnomalyEntity {
  @PrimaryColumn({ type: 'text' })
  id!: string;

  @Column({ name: 'series_id', type: 'int' })
  seriesId!: number;

  @ManyToOne(() => SeriesEntity)
  @JoinColumn({ name: 'series_id' })
  series?: SeriesEntity;

  /** Of the event that was stored last. */
  @Column({ type: 'int' })
  revision!: number;

  @Column({ type: 'text' })
  state!: string;

  @Index('anomalies_incident')
  @Column({ name: 'incident_id', type: 'text' })
  incidentId!: string;

  @Column({ type: 'timestamptz' })
  began!: Date;

  @Column({ name: 'peak_time', type: 'timestamptz' })
  peakTime!: Date;

  @Column({ name: 'peak_value', type: 'float8' })
  peakValue!: number;

  @Column({ type: 'timestamptz', nullable: true })
  ended!: Date | null;

  @Column({ name: 'duration_seconds', type: 'float8' })
  durationSeconds!: number;

  @Column({ name: 'flagged_readings', type: 'int' })
  flaggedReadings!: number;

  /** Null where a limit leaves the range open below. */
  @Column({ name: 'expected_min', type: 'float8', nullable: true })
  expectedMin!: number | null;

  @Column({ name: 'expected_max', type: 'float8', nullable: true })
  expectedMax!: number | null;

  @Column({ type: 'float8' })
  score!: number;

  @Column({ type: 'float8' })
  ratio!: number;

  @Column({ type: 'float8', nullable: true })
  deviation!: number | null;

  /** Null where the event was of before there was such a thing. */
  @Column({ type: 'jsonb', nullable: true })
  finding!: object | null;

  @Column({ type: 'jsonb' })
  statistics!: object;

  @Column({ type: 'jsonb' })
  related!: object;

  @Column({ type: 'text' })
  severity!: string;

  @Column({ type: 'text' })
  detector!: string;

  @Column({ type: 'text' })
  explanation!: string;

  @Column({ type: 'text' })
  counterfactual!: string;
}
