-- The configuration repository as it lay on a manager's disk, for workers on other machines. Equal content is one row, whoever had it.
create table repository_file (
    hash    bytea primary key,                    -- SHA-256 of the content
    content bytea compression lz4 not null
);

create table repository_snapshot (
    id         bigint generated always as identity primary key,
    hash       text not null,                     -- SHA-256 over names, modes, links and contents
    commit     text,                              -- HEAD of the work tree, null outside git
    dirty      boolean,                           -- whether the work tree differed from it
    left_out   text[] not null,                   -- what runs could not have read, and what is never handed out
    created_at timestamptz not null,
    unique nulls not distinct (hash, commit, dirty)
);

create table repository_entry (
    snapshot bigint not null references repository_snapshot on delete cascade,
    path     text not null,                       -- relative, with slashes
    kind     smallint not null,                   -- 0 folder, 1 file, 2 program, 3 symbolic link
    hash     bytea references repository_file,    -- of files
    target   text,                                -- of links
    primary key (snapshot, path)
);
create index repository_entry_hash on repository_entry (hash);

-- What each manager's repository is now.
create table repository_head (
    origin     text primary key,                  -- identity of the manager's OSISM_HOME
    snapshot   bigint not null references repository_snapshot,
    checked_at timestamptz not null               -- when it was last found to be so
);
