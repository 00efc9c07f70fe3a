-- The only clock the engine trusts. Tests replace this function.
create function osism_now() returns timestamptz language sql volatile as $$ select clock_timestamp() $$;

-- One row per worker process. Its lease covers every job it holds.
create table worker (
    id           uuid primary key,
    name         text not null,
    host         text not null,
    machine      text not null,          -- identity of the OSISM_HOME its spool lies in
    boot_id      text not null,
    pid          int not null,
    pid_start    bigint not null,
    version      text not null,
    queues       text[] not null,
    slots        int not null,
    busy         int not null default 0,
    note         text,                   -- why it takes nothing at the moment
    started_at   timestamptz not null,
    heartbeat_at timestamptz not null,
    lease_until  timestamptz not null,
    ended_at     timestamptz
) with (fillfactor = 50);

create table job (
    id                   uuid primary key,
    seq                  bigint generated always as identity,
    state                smallint not null default 0,
    attempt              int not null default 0,
    blocked              int not null default 0,   -- how many things other than a slot it waits for
    queue                text not null,
    kind                 text not null,
    role                 text,
    environment          text,
    sub                  text,
    action               text,
    runtime              text,
    arguments            text[] not null default '{}',
    request              jsonb not null,
    idempotent           boolean not null default false,
    dry_run              boolean not null default false,
    submitted_by         text not null,
    submitted_at         timestamptz not null,
    ready_at             timestamptz,              -- since when it waits for nothing but a slot
    claimed_at           timestamptz,
    started_at           timestamptz,
    ended_at             timestamptz,
    worker               uuid,
    worker_name          text,
    exit_code            int,
    reason_code          text,
    reason_message       text,
    hosts_ok             int,
    hosts_changed        int,
    hosts_failed         int,
    hosts_unreachable    int,
    hosts_skipped        int,
    inventory_revision   bigint,
    configuration_commit text,
    configuration_dirty  boolean,
    configuration_hash   text,
    output_raw           bigint not null default 0,   -- bytes of the spool's output that are stored
    output_bytes         bigint not null default 0,   -- the same after the masker
    events_raw           bigint not null default 0,
    events_bytes         bigint not null default 0,
    output_sha256        text,
    spool_sha256         text,
    after                uuid,
    retry_of             uuid,
    retries_left         int not null default 0,
    collection           uuid,
    task_timeout         int,
    cancel_requested_at  timestamptz,
    cancelled_by         text,
    warnings             jsonb not null default '[]',
    plan                 jsonb
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000,
        autovacuum_vacuum_insert_scale_factor = 0.2, autovacuum_analyze_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);

create unique index job_seq on job (seq);
create index job_ready on job (queue, seq) where state = 0 and blocked = 0;
create index job_queued on job (queue, seq) where state = 0;
create index job_live on job (worker) where state in (1, 2, 10, 11);
create index job_after on job (after) where after is not null;
create index job_retry_of on job (retry_of) where retry_of is not null;

-- Output and events in order, without gap or overlap: start = sum of the lengths before it.
create table job_output (
    job_id uuid not null,
    stream smallint not null,                        -- 0 output, 1 events
    start  bigint not null,
    data   bytea compression lz4 not null,
    primary key (job_id, stream, start)
);

create table job_host (
    job_id      uuid not null,
    host        text not null,
    status      text not null,
    ok          int not null,
    changed     int not null,
    failed      int not null,
    unreachable int not null,
    skipped     int not null,
    rescued     int not null,
    ignored     int not null,
    primary key (job_id, host)
);
create index job_host_host on job_host (host, job_id);

create table job_history (
    id     bigint generated always as identity primary key,
    job_id uuid not null,
    at     timestamptz not null,
    event  text not null,
    actor  text not null,
    detail text
);
create index job_history_job on job_history (job_id, id);
