-- The roster: what workers say of themselves, a row each, written anew at every beat. The names of queues hold no
-- control characters, so they stand in one text, a line each.

CREATE TABLE workers (
    name       TEXT PRIMARY KEY CHECK (length(name) > 0),
    host       TEXT NOT NULL,
    pid        INTEGER NOT NULL,
    version    TEXT NOT NULL,
    pool       TEXT NOT NULL,
    slots      INTEGER NOT NULL CHECK (slots >= 0),
    queues     TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL,
    beat       INTEGER NOT NULL CHECK (beat >= 0),
    busy       INTEGER NOT NULL CHECK (busy >= 0),
    stuck      INTEGER NOT NULL CHECK (stuck >= 0),
    stopping   INTEGER NOT NULL CHECK (stopping IN (0, 1))
) STRICT, WITHOUT ROWID;
