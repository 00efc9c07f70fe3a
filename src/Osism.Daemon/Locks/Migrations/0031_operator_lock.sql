-- Locks that people set. A row stays when the lock is over: it is the record of who held what.
create table operator_lock (
    id          uuid primary key,
    scope       text not null,        -- in words; the same words are the same lock
    environment text,                 -- null: all
    role        text,
    hosts       text[],
    owner       text not null,
    placed_by   text not null,        -- who asked for it, which may be somebody else
    reason      text,
    since       timestamptz not null,
    until       timestamptz,          -- null: until it is taken away
    released_at timestamptz,
    released_by text
);
create unique index operator_lock_scope on operator_lock (scope) where released_at is null;
create index operator_lock_until on operator_lock (until) where released_at is null and until is not null;

-- Queued jobs that a lock holds; each row counts once in job.blocked.
create table job_held (
    lock_id uuid not null,
    job_id  uuid not null,
    primary key (lock_id, job_id)
);
create index job_held_job on job_held (job_id);

-- The one definition of what a lock holds. p_touches: hosts the job may change, null = any.
create function lock_covers(l operator_lock, p_environment text, p_sub text, p_plays text[], p_touches text[]) returns boolean language sql immutable as $$
    select coalesce(
        (l.environment is null or l.environment = p_environment or l.environment = p_environment || '.' || p_sub)
        and (l.role is null or l.role = any (p_plays))
        and (l.hosts is null or p_touches is null or l.hosts && p_touches), false)
$$;

-- Takes a lock away and lets go of the jobs it held. The caller holds job_lock_alone().
create function lock_release(p_id uuid, p_by text) returns boolean language plpgsql volatile as $$
begin
    update operator_lock set released_at = least(osism_now(), coalesce(until, osism_now())), released_by = p_by where id = p_id and released_at is null;
    if not found then
        return false;
    end if;
    update job set blocked = blocked - 1, ready_at = case when blocked = 1 then osism_now() end
    where state = 0 and id in (select job_id from job_held where lock_id = p_id);
    delete from job_held where lock_id = p_id;
    return true;
end $$;

-- Whoever looks at the locks first takes those away whose time is over: nobody has to be there to clean up.
create function lock_expire() returns void language plpgsql volatile as $$
declare
    over uuid;
begin
    if exists (select 1 from operator_lock where released_at is null and until <= osism_now()) then
        perform job_lock_alone();
        for over in select id from operator_lock where released_at is null and until <= osism_now() loop
            perform lock_release(over, 'osism');
        end loop;
    end if;
end $$;
