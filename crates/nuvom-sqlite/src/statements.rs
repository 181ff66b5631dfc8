//! Every statement that changes or claims jobs, named after the transition it applies. Each repeats the guard
//! under which the transition was decided.

/// Begins a write. Always IMMEDIATE: a read that turns into a write could fail at once on a busy database.
pub(crate) const BEGIN: &str = "BEGIN IMMEDIATE";
pub(crate) const COMMIT: &str = "COMMIT";
pub(crate) const ROLLBACK: &str = "ROLLBACK";

pub(crate) const TOUCH_CLOCK: &str =
    "UPDATE meta SET value = max(value, ?1) WHERE key = 'latest_time' RETURNING value";
pub(crate) const LATEST_TIME: &str = "SELECT value FROM meta WHERE key = 'latest_time'";

/// Takes the moment that a copy is of.
pub(crate) const BACKUP_BEGIN: &str = "SELECT count(*) FROM sqlite_schema";
/// One complaint is enough to throw a copy away.
pub(crate) const BACKUP_CHECK: &str = "PRAGMA integrity_check(1)";
pub(crate) const BACKUP_JOBS: &str = "SELECT count(*) FROM jobs";

pub(crate) const ADD_QUEUE: &str = "INSERT INTO queues (name) VALUES (?1) ON CONFLICT (name) DO NOTHING";
pub(crate) const QUEUE_ID: &str = "SELECT id FROM queues WHERE name = ?1";
pub(crate) const QUEUES: &str = "SELECT id, name, paused FROM queues ORDER BY name";
pub(crate) const PAUSE: &str = "\
    INSERT INTO queues (name, paused) VALUES (?1, 1) \
    ON CONFLICT (name) DO UPDATE SET paused = 1 WHERE paused = 0";
pub(crate) const RESUME: &str = "UPDATE queues SET paused = 0 WHERE name = ?1 AND paused = 1";

/// The columns of a whole record, in the order in which `rows` reads them.
macro_rules! columns {
    () => {
        "id, task, queue, priority, created_at, run_at, state, lease, lease_until, worker, started_at, ended_at, \
         failures, losses, handbacks, max_attempts, max_losses, cancel_requested, options, payload, \
         signature"
    };
}

pub(crate) const ENQUEUE: &str = "\
    INSERT INTO jobs \
    (id, task, queue, priority, created_at, run_at, max_attempts, max_losses, options, payload, signature) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT (id) DO NOTHING";
/// Those that wait and were not set aside, counted as far as needed.
pub(crate) const WAITING_UP_TO: &str = "\
    SELECT count(*) FROM (SELECT 1 FROM jobs INDEXED BY jobs_ready \
    WHERE state = 0 AND queue = ?1 AND run_at <> ?2 LIMIT ?3)";
pub(crate) const STATE: &str = "SELECT state FROM jobs WHERE id = ?1";
pub(crate) const JOB: &str = concat!("SELECT ", columns!(), " FROM jobs WHERE id = ?1");

/// The first waiting job at or after a priority.
pub(crate) const FRONT: &str = "\
    SELECT priority, run_at FROM jobs INDEXED BY jobs_ready \
    WHERE state = 0 AND queue = ?1 AND priority >= ?2 ORDER BY priority, run_at LIMIT 1";
pub(crate) const NEXT_DUE: &str = "\
    SELECT run_at FROM jobs INDEXED BY jobs_ready \
    WHERE state = 0 AND queue = ?1 AND priority = ?2 AND run_at > ?3 ORDER BY run_at LIMIT 1";
pub(crate) const CLAIMABLE: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM jobs INDEXED BY jobs_ready \
     WHERE state = 0 AND queue = ?1 AND priority = ?2 AND run_at <= ?3 ORDER BY run_at, id LIMIT ?4"
);
/// What is needed of waiting jobs to see whether a claim has room for them. The signature stands behind the payload,
/// so it is looked at only for a claim that minds it (`?5`).
pub(crate) const BEHIND: &str = "\
    SELECT id, task, losses, max_losses, CASE WHEN ?5 THEN signature END FROM jobs INDEXED BY jobs_ready \
    WHERE state = 0 AND queue = ?1 AND priority = ?2 AND run_at <= ?3 ORDER BY run_at, id LIMIT ?4";
pub(crate) const CLAIM: &str = "\
    UPDATE jobs SET state = 1, lease = ?2, lease_until = ?3, worker = ?4, started_at = ?5 \
    WHERE id = ?1 AND state = 0 AND lease = ?2 - 1";

pub(crate) const RENEW: &str = "\
    UPDATE jobs SET lease_until = ?3 WHERE id = ?1 AND lease = ?2 AND state = 1 RETURNING cancel_requested";
pub(crate) const SUCCEED: &str = "\
    UPDATE jobs SET state = 2, lease_until = NULL, ended_at = ?3 WHERE id = ?1 AND lease = ?2 AND state = 1";
pub(crate) const RETRY_LATER: &str = "\
    UPDATE jobs SET state = 0, lease_until = NULL, run_at = ?3, failures = ?4 \
    WHERE id = ?1 AND lease = ?2 AND state = 1 AND cancel_requested = 0";
pub(crate) const FAIL: &str = "\
    UPDATE jobs SET state = 3, lease_until = NULL, ended_at = ?3, failures = ?4 \
    WHERE id = ?1 AND lease = ?2 AND state = 1";
pub(crate) const HAND_BACK: &str = "\
    UPDATE jobs SET state = 0, lease_until = NULL, run_at = ?3, handbacks = ?4 \
    WHERE id = ?1 AND lease = ?2 AND state = 1 AND cancel_requested = 0";
pub(crate) const RECOVER: &str = "\
    UPDATE jobs SET state = 0, lease_until = NULL, run_at = ?3, losses = ?4 \
    WHERE id = ?1 AND lease = ?2 AND state = 1 AND cancel_requested = 0";
pub(crate) const GIVE_UP: &str = "\
    UPDATE jobs SET state = 3, lease_until = NULL, ended_at = ?3, losses = ?4 \
    WHERE id = ?1 AND lease = ?2 AND state = 1";
pub(crate) const REQUEST_CANCEL: &str =
    "UPDATE jobs SET cancel_requested = 1 WHERE id = ?1 AND lease = ?2 AND state = 1";
pub(crate) const CANCEL: &str = "\
    UPDATE jobs SET state = 4, lease_until = NULL, ended_at = ?3, losses = ?4 \
    WHERE id = ?1 AND lease = ?2 AND state IN (0, 1)";
pub(crate) const REVIVE: &str = "\
    UPDATE jobs SET state = 0, ended_at = NULL, cancel_requested = 0, run_at = ?3, max_attempts = ?4, \
    max_losses = ?5 WHERE id = ?1 AND lease = ?2 AND state IN (3, 4)";
pub(crate) const REMOVE: &str = "DELETE FROM jobs WHERE id = ?1 AND lease = ?2 AND state >= 2";

pub(crate) const KEEP_ATTEMPT: &str = "\
    INSERT INTO attempts (job, lease, number, ending, kind, message, traceback, worker, started_at, ended_at) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
pub(crate) const ATTEMPTS: &str = "\
    SELECT lease, number, ending, kind, message, traceback, worker, started_at, ended_at \
    FROM attempts WHERE job = ?1 ORDER BY lease";
pub(crate) const FORGET_ATTEMPTS: &str = "DELETE FROM attempts WHERE job = ?1";

/// The time is in no rule of the schema, so it can be changed in any row.
pub(crate) const SET_ASIDE: &str = "UPDATE jobs SET run_at = ?2 WHERE id = ?1 AND state = 0 AND run_at < ?2";
pub(crate) const SET_ASIDE_HELD: &str =
    "UPDATE jobs SET lease_until = ?2 WHERE id = ?1 AND state = 1 AND lease_until < ?2";
pub(crate) const REMOVE_DAMAGED: &str = "DELETE FROM jobs WHERE id = ?1 AND state >= 2";
pub(crate) const SET_ASIDE_JOBS: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM jobs WHERE state = 0 AND run_at = ?1 UNION ALL SELECT ",
    columns!(),
    " FROM jobs WHERE state = 1 AND lease_until = ?1"
);

pub(crate) const EXPIRED: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM jobs INDEXED BY jobs_running WHERE state = 1 AND lease_until <= ?1 ORDER BY lease_until LIMIT ?2"
);
/// Ended jobs of one state that are old enough to go. No job ends before the time in its id, which lets the
/// index stop the search.
pub(crate) const PRUNABLE: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM jobs INDEXED BY jobs_ended \
     WHERE state >= 2 AND state = ?1 AND id < ?2 AND ended_at <= ?3 ORDER BY id LIMIT ?4"
);

pub(crate) const PUT_RESULT: &str = "\
    INSERT INTO results (job, lease, value) VALUES (?1, ?2, ?3) \
    ON CONFLICT (job) DO UPDATE SET lease = excluded.lease, value = excluded.value \
    WHERE excluded.lease >= lease";
pub(crate) const RESULT: &str = "SELECT lease, value FROM results WHERE job = ?1";
pub(crate) const FORGET_RESULT: &str = "DELETE FROM results WHERE job = ?1";
pub(crate) const PUT_RECORD: &str = "\
    INSERT INTO records (job, lease, value, record) VALUES (?1, ?2, ?3, ?4) \
    ON CONFLICT (job) DO UPDATE SET lease = excluded.lease, value = excluded.value, record = excluded.record \
    WHERE excluded.lease >= lease";
pub(crate) const RECORD: &str = "SELECT job, lease, value, record FROM records WHERE job = ?1";
pub(crate) const RECORDS: &str = "\
    SELECT job, lease, value, record FROM records WHERE job < ?1 ORDER BY job DESC LIMIT ?2";
pub(crate) const FORGET_RECORD: &str = "DELETE FROM records WHERE job = ?1";

/// What the filters of a listing have in common: `?1` is the id before which to look, `?2` the limit, `?3` and
/// `?4` JSON lists of tasks and queues, or NULL.
macro_rules! matching {
    () => {
        " id < ?1 AND (?3 IS NULL OR task IN (SELECT value FROM json_each(?3))) \
         AND (?4 IS NULL OR queue IN (SELECT id FROM queues WHERE name IN (SELECT value FROM json_each(?4)))) "
    };
}
pub(crate) const LIST: &str =
    concat!("SELECT ", columns!(), " FROM jobs WHERE", matching!(), "ORDER BY id DESC LIMIT ?2");
pub(crate) const LIST_PENDING: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM jobs WHERE state = 0 AND",
    matching!(),
    "ORDER BY id DESC LIMIT ?2"
);
pub(crate) const LIST_RUNNING: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM jobs INDEXED BY jobs_running WHERE state = 1 AND",
    matching!(),
    "ORDER BY id DESC LIMIT ?2"
);
pub(crate) const LIST_ENDED: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM jobs INDEXED BY jobs_ended WHERE state >= 2 AND state = ?5 AND",
    matching!(),
    "ORDER BY id DESC LIMIT ?2"
);

/// Counts of everything come from the partial indexes alone, which is what makes them quick.
pub(crate) const COUNT_ALL: &str = "\
    SELECT 0, count(*) FROM jobs INDEXED BY jobs_ready WHERE state = 0 \
    UNION ALL SELECT 1, count(*) FROM jobs INDEXED BY jobs_running WHERE state = 1 \
    UNION ALL SELECT state, count(*) FROM jobs INDEXED BY jobs_ended WHERE state >= 2 GROUP BY state";
pub(crate) const COUNT_MATCHING: &str = "\
    SELECT state, count(*) FROM jobs \
    WHERE (?1 IS NULL OR task IN (SELECT value FROM json_each(?1))) \
    AND (?2 IS NULL OR queue IN (SELECT id FROM queues WHERE name IN (SELECT value FROM json_each(?2)))) \
    GROUP BY state";
pub(crate) const QUEUE_COUNTS: &str = "\
    SELECT name, \
    (SELECT count(*) FROM jobs INDEXED BY jobs_ready WHERE state = 0 AND queue = queues.id), \
    (SELECT count(*) FROM jobs INDEXED BY jobs_running WHERE state = 1 AND queue = queues.id), \
    (SELECT min(run_at) FROM jobs INDEXED BY jobs_ready WHERE state = 0 AND queue = queues.id), \
    paused, id \
    FROM queues ORDER BY name";
/// The newest jobs that ended in one state, and when. By id, which is the order in which they were made: the only one
/// that ended jobs have an index for.
pub(crate) const ENDED_LATELY: &str = "\
    SELECT queue, ended_at FROM jobs INDEXED BY jobs_ended \
    WHERE state >= 2 AND state = ?1 ORDER BY id DESC LIMIT ?2";
/// The newest jobs, and when they were made.
pub(crate) const MADE_LATELY: &str =
    "SELECT queue, created_at FROM jobs WHERE id >= ?1 ORDER BY id DESC LIMIT ?2";

macro_rules! schedule_columns {
    () => {
        "id, rule, misfire, overlap, next_tick, paused, task, queue, priority, options, payload, starts_at, ends_at, \
         max_runs, jitter, declared, runs, skipped, last_tick, last_job, created_at, changed_at, moved"
    };
}
macro_rules! schedule_values {
    () => {
        "?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23"
    };
}
/// `?24` is what a schedule must be to be changed, so nothing must be there.
pub(crate) const ADD_SCHEDULE: &str = concat!(
    "INSERT INTO schedules (",
    schedule_columns!(),
    ") SELECT ",
    schedule_values!(),
    " WHERE ?24 IS NULL ON CONFLICT (id) DO NOTHING"
);
pub(crate) const CHANGE_SCHEDULE: &str = concat!(
    "UPDATE schedules SET (",
    schedule_columns!(),
    ") = (",
    schedule_values!(),
    ") WHERE id = ?1 AND changed_at = ?24"
);
pub(crate) const REMOVE_SCHEDULE: &str = "DELETE FROM schedules WHERE id = ?1 AND changed_at = ?2";
pub(crate) const SCHEDULE: &str = concat!("SELECT ", schedule_columns!(), " FROM schedules WHERE id = ?1");
pub(crate) const SCHEDULES: &str =
    concat!("SELECT ", schedule_columns!(), " FROM schedules WHERE id > ?1 ORDER BY id LIMIT ?2");
pub(crate) const DUE_SCHEDULES: &str = concat!(
    "SELECT ",
    schedule_columns!(),
    " FROM schedules INDEXED BY schedules_due \
     WHERE paused = 0 AND next_tick IS NOT NULL AND next_tick <= ?1 ORDER BY next_tick, id LIMIT ?2"
);
pub(crate) const NEXT_TICK: &str = "\
    SELECT min(next_tick) FROM schedules INDEXED BY schedules_due \
    WHERE paused = 0 AND next_tick IS NOT NULL AND next_tick > ?1";
pub(crate) const RUN_OUT: &str = concat!(
    "SELECT ",
    schedule_columns!(),
    " FROM schedules INDEXED BY schedules_run_out \
     WHERE next_tick IS NULL AND changed_at < ?1 ORDER BY changed_at, id LIMIT ?2"
);

pub(crate) const REPORT_WORKER: &str = "\
    INSERT INTO workers (name, host, pid, version, pool, slots, queues, started_at, seen_at, beat, busy, stuck, stopping) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) \
    ON CONFLICT (name) DO UPDATE SET host = ?2, pid = ?3, version = ?4, pool = ?5, slots = ?6, queues = ?7, \
    started_at = ?8, seen_at = ?9, beat = ?10, busy = ?11, stuck = ?12, stopping = ?13";
pub(crate) const FORGET_WORKERS: &str = "DELETE FROM workers WHERE seen_at < ?1";
pub(crate) const WORKER_LEAVES: &str = "DELETE FROM workers WHERE name = ?1";
pub(crate) const WORKERS: &str = "\
    SELECT name, host, pid, version, pool, slots, queues, started_at, seen_at, beat, busy, stuck, stopping \
    FROM workers ORDER BY name";
