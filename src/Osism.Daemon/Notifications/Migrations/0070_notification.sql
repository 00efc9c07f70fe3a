-- What people may want to hear of. A row is stored by the transaction that moves the job: the move and its event stand or fall together.
create table notification_event (
    id       bigint generated always as identity primary key,
    at       timestamptz not null,
    kind     text not null,              -- failure | loss | silence | recovery
    subject  text not null,              -- environment/role: what fails and recovers
    job_id   uuid not null,
    state    smallint not null,
    detail   text,
    open     boolean not null,           -- a failure or loss that nothing has followed which went well
    taken_at timestamptz                 -- its deliveries are decided
);
create index notification_event_new on notification_event (id) where taken_at is null;
create index notification_event_open on notification_event (subject) where open;
create index notification_event_at on notification_event (at);

-- What goes to one receiver.
create table notification_delivery (
    id         bigint generated always as identity primary key,
    event_id   bigint not null,
    receiver   text not null,
    title      text not null,
    body       text not null,
    created_at timestamptz not null,
    next_at    timestamptz not null,
    attempts   int not null default 0,
    state      text not null default 'pending',   -- pending | sent | failed
    ended_at   timestamptz,
    error      text
) with (fillfactor = 70);
create index notification_delivery_due on notification_delivery (receiver, next_at) where state = 'pending';
create index notification_delivery_receiver on notification_delivery (receiver, id);
create index notification_delivery_created on notification_delivery (created_at);

-- What a receiver was told last of a subject, so that it is not told the same again and again.
create table notification_told (
    receiver   text not null,
    subject    text not null,
    kind       text not null,
    told_at    timestamptz not null,
    held_back  int not null default 0,
    primary key (receiver, subject)
);

create function notification_subject(environment text, sub text, role text) returns text language sql immutable as $$
    select coalesce(environment, '') || case when sub is null then '' else '.' || sub end || '/' || role
$$;

-- Only inserts, and never waits: ends of jobs that come together must not meet here.
create function notification_note() returns trigger language plpgsql as $$
declare
    topic text := notification_subject(new.environment, new.sub, new.role);
    what text := case
        when new.state in (4, 5, 7, 9) then 'failure'     -- failed, unreachable, timed_out, rejected
        when new.state in (8, 10, 11) then 'loss'         -- lost, disconnected, cancel_failed
        else 'recovery' end;
begin
    if what = 'recovery' and not exists (select from notification_event where subject = topic and open) then
        return null;
    end if;
    -- A repetition follows: its end is what counts (Job.MayRetry).
    if new.retries_left > 0 and new.cancel_requested_at is null and (new.state in (4, 5, 7) or (new.state = 8 and new.idempotent)) then
        return null;
    end if;
    insert into notification_event (at, kind, subject, job_id, state, detail, open)
    values (osism_now(), what, topic, new.id, new.state, new.reason_message, what <> 'recovery');
    return null;
end $$;

create trigger job_notification after update of state on job for each row
    when (new.role is not null and old.state <> new.state and (new.state in (3, 4, 5, 7, 8, 9, 10, 11) or (new.state = 2 and old.state = 10)))
    execute function notification_note();
