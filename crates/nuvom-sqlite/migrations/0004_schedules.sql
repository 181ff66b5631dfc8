-- What schedules need to be fired: their window, how far they have come, and `changed_at`, by which one state of a
-- schedule is told from every other.

ALTER TABLE schedules ADD COLUMN starts_at INTEGER;
ALTER TABLE schedules ADD COLUMN ends_at INTEGER;
ALTER TABLE schedules ADD COLUMN max_runs INTEGER CHECK (max_runs > 0);
ALTER TABLE schedules ADD COLUMN jitter INTEGER NOT NULL DEFAULT 0 CHECK (jitter >= 0);
ALTER TABLE schedules ADD COLUMN declared INTEGER NOT NULL DEFAULT 0 CHECK (declared IN (0, 1));
ALTER TABLE schedules ADD COLUMN moved INTEGER NOT NULL DEFAULT 0 CHECK (moved IN (0, 1));
ALTER TABLE schedules ADD COLUMN runs INTEGER NOT NULL DEFAULT 0 CHECK (runs >= 0);
ALTER TABLE schedules ADD COLUMN skipped INTEGER NOT NULL DEFAULT 0 CHECK (skipped >= 0);
ALTER TABLE schedules ADD COLUMN last_tick INTEGER;
ALTER TABLE schedules ADD COLUMN last_job BLOB CHECK (length(last_job) = 16);
ALTER TABLE schedules ADD COLUMN created_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE schedules ADD COLUMN changed_at INTEGER NOT NULL DEFAULT 0;

CREATE INDEX schedules_run_out ON schedules (changed_at) WHERE next_tick IS NULL;
