-- Schema 1 with a job in each state. Never edit this file: it stands for the files that users have.
PRAGMA application_id = 1316320879;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE attempts (
    job        BLOB NOT NULL,
    lease      INTEGER NOT NULL CHECK (lease > 0),
    number     INTEGER NOT NULL CHECK (number > 0),
    ending     TEXT NOT NULL CHECK (ending IN ('failed', 'timed out', 'cancelled', 'handed back', 'lost')),
    kind       TEXT NOT NULL,
    message    TEXT NOT NULL,
    traceback  TEXT NOT NULL,
    worker     TEXT,
    started_at INTEGER,
    ended_at   INTEGER NOT NULL,
    PRIMARY KEY (job, lease)
) STRICT, WITHOUT ROWID;
INSERT INTO "attempts" VALUES(X'11111111111111111111111111111103',1,1,'failed','ValueError','it broke','','worker-1',1767225599999000,1767225600000000);
CREATE TABLE jobs (
    id               BLOB PRIMARY KEY CHECK (length(id) = 16),
    task             TEXT NOT NULL CHECK (length(task) BETWEEN 1 AND 200),
    queue            INTEGER NOT NULL,
    priority         INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 9),
    created_at       INTEGER NOT NULL,
    run_at           INTEGER NOT NULL,
    state            INTEGER NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 4),
    lease            INTEGER NOT NULL DEFAULT 0,
    lease_until      INTEGER,
    worker           TEXT,
    started_at       INTEGER,
    ended_at         INTEGER,
    failures         INTEGER NOT NULL DEFAULT 0,
    losses           INTEGER NOT NULL DEFAULT 0,
    handbacks        INTEGER NOT NULL DEFAULT 0,
    max_attempts     INTEGER NOT NULL,
    max_losses       INTEGER NOT NULL,
    cancel_requested INTEGER NOT NULL DEFAULT 0 CHECK (cancel_requested IN (0, 1)),
    options          TEXT NOT NULL,
    payload          BLOB NOT NULL,
    CONSTRAINT held_exactly_while_running CHECK ((state = 1) = (lease_until IS NOT NULL)),
    CONSTRAINT ended_exactly_when_terminal CHECK ((state >= 2) = (ended_at IS NOT NULL)),
    CONSTRAINT failures_in_budget CHECK (failures BETWEEN 0 AND max_attempts),
    CONSTRAINT losses_in_budget CHECK (losses BETWEEN 0 AND max_losses),
    CONSTRAINT every_end_had_a_lease CHECK (handbacks >= 0 AND failures + losses + handbacks <= lease),
    CONSTRAINT a_flagged_job_never_waits CHECK (state <> 0 OR cancel_requested = 0)
) STRICT, WITHOUT ROWID;
INSERT INTO "jobs" VALUES(X'11111111111111111111111111111100','add',1,5,1767225599000000,1767225599000000,0,0,NULL,NULL,NULL,NULL,0,0,0,1,3,0,'{"tags":["math"]}',X'617267756D656E7473');
INSERT INTO "jobs" VALUES(X'11111111111111111111111111111101','add',1,5,1767225599000000,1767225599000000,1,1,1767225630000000,'worker-1',1767225600000000,NULL,0,0,0,1,3,0,'{}',X'617267756D656E7473');
INSERT INTO "jobs" VALUES(X'11111111111111111111111111111102','add',1,5,1767225599000000,1767225599000000,2,1,NULL,'worker-1',1767225599999000,1767225600000000,0,0,0,1,3,0,'{}',X'617267756D656E7473');
INSERT INTO "jobs" VALUES(X'11111111111111111111111111111103','add',1,5,1767225599000000,1767225599000000,3,1,NULL,'worker-1',1767225599999000,1767225600000000,1,0,0,1,3,0,'{}',X'617267756D656E7473');
INSERT INTO "jobs" VALUES(X'11111111111111111111111111111104','add',1,5,1767225599000000,1767225599000000,4,0,NULL,NULL,NULL,1767225600000000,0,0,0,1,3,0,'{}',X'617267756D656E7473');
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "meta" VALUES('latest_time',1767225600000000);
CREATE TABLE queues (
    id     INTEGER PRIMARY KEY,
    name   TEXT NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 200),
    paused INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1))
) STRICT;
INSERT INTO "queues" VALUES(1,'default',0);
CREATE TABLE results (
    job   BLOB PRIMARY KEY CHECK (length(job) = 16),
    lease INTEGER NOT NULL CHECK (lease > 0),
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "results" VALUES(X'11111111111111111111111111111102',1,X'76616C7565');
CREATE TABLE schedules (
    id         TEXT PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 200),
    rule       TEXT NOT NULL,
    misfire    TEXT NOT NULL CHECK (misfire IN ('once', 'skip', 'all')),
    overlap    TEXT NOT NULL CHECK (overlap IN ('allow', 'skip')),
    next_tick  INTEGER,
    paused     INTEGER NOT NULL CHECK (paused IN (0, 1)),
    task       TEXT NOT NULL,
    queue      TEXT NOT NULL,
    priority   INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 9),
    options    TEXT NOT NULL,
    payload    BLOB NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "schedules" VALUES('hourly','{"every":{"micros":3600000000}}','once','allow',1767229200000000,0,'report','default',5,'{}',X'617267756D656E7473');
CREATE INDEX jobs_ready ON jobs (queue, priority, run_at) WHERE state = 0;
CREATE INDEX jobs_running ON jobs (lease_until) WHERE state = 1;
CREATE INDEX jobs_ended ON jobs (state) WHERE state >= 2;
CREATE INDEX schedules_due ON schedules (next_tick) WHERE paused = 0 AND next_tick IS NOT NULL;
COMMIT;
