import type { Pool } from 'pg';

export interface CheckpointRow {
  readonly consumer: string;
  readonly topic: string;
  readonly partition: number;
  readonly nextOffset: number;
  /** `<service>-<process id>-<random>`. */
  readonly owner: string;
}

/** Services may not write this table; the function runs with the rights of the tables' owner, which is who installs it. */
const INSTALL = `
  CREATE TABLE IF NOT EXISTS checkpoint_violations (violation text NOT NULL);
  TRUNCATE checkpoint_violations;
  CREATE OR REPLACE FUNCTION note_checkpoint_violation() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
  DECLARE
    place text := format('%s on %s/%s', NEW.consumer, NEW.topic, NEW.partition);
  BEGIN
    IF NEW.epoch < OLD.epoch THEN
      INSERT INTO checkpoint_violations VALUES (format('%s: epoch %s → %s', place, OLD.epoch, NEW.epoch));
    END IF;
    IF NEW.next_offset < OLD.next_offset THEN
      INSERT INTO checkpoint_violations VALUES (format('%s: offset %s → %s', place, OLD.next_offset, NEW.next_offset));
    END IF;
    IF NEW.epoch = OLD.epoch AND NEW.owner IS DISTINCT FROM OLD.owner THEN
      INSERT INTO checkpoint_violations
      VALUES (format('%s: epoch %s of %s is also of %s', place, NEW.epoch, OLD.owner, NEW.owner));
    END IF;
    RETURN NULL;
  END $$;
  CREATE OR REPLACE TRIGGER checkpoint_watch AFTER UPDATE ON checkpoints
    FOR EACH ROW EXECUTE FUNCTION note_checkpoint_violation();`;

/**
 * Sees every change of a checkpoint, by a trigger: an epoch or an offset that goes back, or an epoch with a second owner, means
 * that somebody committed who had no right to.
 */
export async function watchCheckpoints(pool: Pool): Promise<void> {
  await pool.query(INSTALL);
}

/** Since the watch began. */
export async function checkpointViolations(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ violation: string }>('SELECT violation FROM checkpoint_violations');
  return rows.map(({ violation }) => violation);
}

export async function checkpointRows(pool: Pool): Promise<CheckpointRow[]> {
  const { rows } = await pool.query<CheckpointRow>(
    `SELECT consumer, topic, partition, next_offset::int AS "nextOffset", coalesce(owner, '') AS owner
     FROM checkpoints`,
  );
  return rows;
}
