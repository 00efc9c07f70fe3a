-- One row per distinct content of the inventory. Rows are immutable: a run refers to a revision by its number.
CREATE TABLE inventory_revision (
    revision bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- SHA-256 over names, modes and contents; the same content is the same revision.
    content_hash text NOT NULL UNIQUE,
    -- tar.gz of the folder, so that a worker on another machine needs nothing but the database.
    archive bytea NOT NULL,
    files int NOT NULL,
    -- Commit of the configuration repository when it was taken; null outside git.
    commit text,
    -- Whether the repository differed from that commit; null when nobody asked.
    dirty boolean,
    cause text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT osism_now(),
    -- Number of hosts, where somebody counted.
    hosts int
);
