alter table job
    add column plays     text[] not null default '{}',   -- single plays of the role, as locks name them
    add column touches   text[] default '{}',            -- hosts it may change; null = any
    add column lock_keys text[] not null default '{}';

-- Places of live jobs before lock keys. Per key first in, first out by ord; an entry waits while an earlier one excludes it.
create table job_key (
    key    text not null,
    ord    bigint not null,             -- seq of the job; a repetition keeps the one it repeats
    job_id uuid not null,
    hosts  text[],                      -- excludes only entries that share a host; null = all entries
    waits  boolean not null,            -- counted in job.blocked
    primary key (key, ord)
);
create index job_key_job on job_key (job_id);

-- For a change of one job. False: it must be tried again in a new transaction, because somebody has come to hang on it meanwhile.
create or replace function job_hold(p_id uuid) returns boolean language plpgsql volatile as $$
begin
    if exists (select 1 from job_parent where parent_id = p_id) or exists (select 1 from job_key where job_id = p_id) then
        perform job_lock_alone();
        return true;
    end if;
    perform pg_advisory_xact_lock_shared(4711, 1);
    return not exists (select 1 from job_parent where parent_id = p_id);
end $$;

-- A new job takes its places, or one that goes back to the queue finds what holds it now. Returns how many things it waits for.
create function job_stand(p_id uuid, p_keys text[] default '{}', p_by_hosts boolean[] default '{}') returns int language plpgsql volatile as $$
declare
    total int;
begin
    insert into job_key (key, ord, job_id, hosts, waits)
    select wish.key, j.seq, j.id, mine.hosts,
           exists (select 1 from job_key e where e.key = wish.key and e.ord < j.seq and (e.hosts is null or mine.hosts is null or e.hosts && mine.hosts))
    from job j
    cross join unnest(p_keys, p_by_hosts) as wish (key, by_hosts)
    cross join lateral (select case when wish.by_hosts then j.touches end as hosts) mine
    where j.id = p_id;

    insert into job_held (lock_id, job_id)
    select l.id, j.id from job j join operator_lock l on l.released_at is null and (l.until is null or l.until > osism_now())
        and lock_covers(l, j.environment, j.sub, j.plays, j.touches)
    where j.id = p_id
    on conflict do nothing;

    update job set blocked = now.waits, ready_at = case when now.waits = 0 then coalesce(ready_at, osism_now()) end
    from (select (select count(*) from job_key where job_id = p_id and waits)
            + (select count(*) from job_held where job_id = p_id)
            + (select count(*) from job_parent e join job p on p.id = e.parent_id where e.job_id = p_id and p.state <> 3) as waits) now
    where id = p_id
    returning blocked into total;
    return total;
end $$;

-- A job that has ended gives its places up; those it excluded and nobody else does go on. The caller holds job_lock_alone() if it has places.
create function job_leave(p_id uuid) returns void language plpgsql volatile as $$
declare
    mine job_key;
    later job_key;
begin
    delete from job_held where job_id = p_id;
    for mine in delete from job_key where job_id = p_id returning * loop
        for later in select * from job_key where key = mine.key and ord > mine.ord order by ord loop
            if later.waits and not exists (
                select 1 from job_key e where e.key = later.key and e.ord < later.ord and (e.hosts is null or later.hosts is null or e.hosts && later.hosts)) then
                update job_key set waits = false where key = later.key and ord = later.ord;
                update job set blocked = blocked - 1, ready_at = case when blocked = 1 then osism_now() end where id = later.job_id;
            end if;
            -- It excludes all that come after it.
            exit when later.hosts is null;
        end loop;
    end loop;
end $$;
