-- What the recorder saw, until it is taken in. A row is written in the transaction that stores the event and does nothing else there.
create table fact_inbox (
    id       bigint generated always as identity primary key,
    host     text not null,
    source   text not null,                        -- the module that found them, by its short name
    at       timestamptz not null,
    job      uuid,
    document bytea compression lz4 not null         -- JSON as it came, masked
);

-- What is known of a host, one row for each module that finds something: the packages of a host are many times the rest and change seldom.
-- The arrays say the same of each top-level fact, in the order of names.
create table fact_set (
    host        text not null,
    source      text not null,
    gathered_at timestamptz not null,              -- the last time anything of it was found
    complete_at timestamptz,                       -- the last time all of it was found
    job         uuid,
    bytes       int not null,
    names       text[] not null,
    hashes      bigint[] not null,
    gathered    timestamptz[] not null,
    changed     timestamptz[] not null,
    jobs        uuid[] not null,
    document    bytea compression lz4 not null,
    primary key (host, source)
);

-- What a fact was before it changed: from since until the time of the next row, or of its current value.
create table fact_history (
    host  text not null,
    name  text not null,
    since timestamptz not null,
    until timestamptz not null,
    job   uuid,                                    -- that found it
    bytes int not null,
    value bytea compression lz4,                   -- null: too large to be kept
    primary key (host, name, since)
);
create index fact_history_until on fact_history (until);

-- Facts gathered until then are not to be used any more. The host '*' stands for all.
create table fact_reset (
    host text primary key,
    at   timestamptz not null,
    by   text not null
);
