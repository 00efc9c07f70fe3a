-- What is known of a revision when it is made.
ALTER TABLE inventory_revision ADD COLUMN groups int;
-- From the first look at the sources to the stored row.
ALTER TABLE inventory_revision ADD COLUMN duration_ms int;
-- Warnings; a broken state is no revision.
ALTER TABLE inventory_revision ADD COLUMN findings jsonb NOT NULL DEFAULT '[]';

-- What is in effect, one row for each manager that has a repository.
CREATE TABLE inventory_head (
    -- Identity of the home whose repository it is.
    origin text PRIMARY KEY,
    -- What the sources gave when they were last whole; null before the first time.
    published bigint,
    -- Held by an operator instead of it.
    held bigint,
    -- A rollback lasts until the sources give something else than this content; a pin, where this is null, until it is taken off.
    held_hash text,
    held_by text,
    held_at timestamptz,
    -- Why the sources of now are not published, [] when they are.
    faults jsonb NOT NULL DEFAULT '[]',
    cause text,
    duration_ms int,
    checked_at timestamptz NOT NULL DEFAULT osism_now()
);
