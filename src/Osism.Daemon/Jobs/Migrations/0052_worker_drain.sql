-- Workers that are to take no more jobs. By home, so that a restart of the worker does not end it.
create table worker_drain (
    machine text primary key,
    by_whom text not null,
    since   timestamptz not null,
    reason  text
);

-- Whether the worker itself has heard of it, what it does with its runs when it is cut off, and how long that takes it at most.
alter table worker
    add column draining     boolean not null default false,
    add column on_partition text not null default 'keep',
    add column kill_within  interval not null default interval '0';
