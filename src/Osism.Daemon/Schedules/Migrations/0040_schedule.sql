-- What is remembered of a schedule besides its definition, which stands in the configuration repository.
create table schedule (
    name          text primary key,
    rhythm        text not null,               -- what its times are made from: when this changes, counting begins anew
    decided_until timestamptz not null,        -- whatever was due up to here is decided
    active        boolean not null,            -- false: paused, unavailable or gone; what is due meanwhile counts for nothing
    paused        boolean,                     -- an operator's word; null = what the file says
    paused_by     text,
    paused_at     timestamptz,
    pause_reason  text
) with (fillfactor = 70);

-- Each occurrence once for the whole installation, whoever was first.
create table schedule_occurrence (
    schedule   text not null,
    at         timestamptz not null,
    cause      text not null,                  -- timer | operator
    outcome    text not null,                  -- submitted | waiting | overlap | missed | refused
    job_id     uuid,
    detail     text,
    decided_by text not null,
    decided_at timestamptz not null,
    primary key (schedule, at)
);
create index schedule_occurrence_waiting on schedule_occurrence (schedule, at) where outcome = 'waiting';
create index schedule_occurrence_decided on schedule_occurrence (decided_at);

-- The last file that was sound, for a start with one that is not.
create table schedule_file (
    one       boolean primary key default true check (one),
    text      text not null,
    loaded_at timestamptz not null
);
