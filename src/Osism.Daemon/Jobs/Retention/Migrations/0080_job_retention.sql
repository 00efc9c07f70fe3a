-- Jobs that are kept whatever their age.
create table job_pin (
    job_id uuid primary key,
    by     text not null,
    at     timestamptz not null
);

-- Jobs whose row is gone and whose output is not yet: it is deleted a piece at a time.
create table job_removed (job_id uuid primary key, at timestamptz not null);

-- What is deleted must become free soon, although the table is large.
alter table job_output set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000, toast.autovacuum_vacuum_scale_factor = 0.02);
