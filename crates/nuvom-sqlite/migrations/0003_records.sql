-- Records of jobs whose queue keeps none, such as one of a plugin: the text of `nuvom-record`, beside the value in `results`.
-- A table of its own, so that results which come with their job pay nothing for it.

CREATE TABLE records (
    job    BLOB PRIMARY KEY CHECK (length(job) = 16),
    lease  INTEGER NOT NULL CHECK (lease >= 0),
    value  BLOB,
    record BLOB NOT NULL
) STRICT, WITHOUT ROWID;
