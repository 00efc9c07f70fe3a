-- What was asked for when a collection was run. States are in its jobs: the last job of each node counts.
create table collection_run (
    id           uuid primary key,
    seq          bigint generated always as identity,
    name         text not null,
    dry_run      boolean not null,
    submitted_by text not null,
    submitted_at timestamptz not null,
    nodes        jsonb not null              -- in order, each with what it comes after and what is submitted for it
);
create unique index collection_run_seq on collection_run (seq);
create index collection_run_name on collection_run (name, seq);
