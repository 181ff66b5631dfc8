-- The signature of the task's function when the job was enqueued: the 64 bits of its hash, or NULL if it was not
-- known. A column at the end, so that the rows that are there stay as they are.

ALTER TABLE jobs ADD COLUMN signature INTEGER;
