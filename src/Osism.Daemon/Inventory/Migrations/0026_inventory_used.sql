-- When a revision was last given to somebody: those that no job names and nobody has used for long are removed.
ALTER TABLE inventory_revision ADD COLUMN used_at timestamptz NOT NULL DEFAULT osism_now();
