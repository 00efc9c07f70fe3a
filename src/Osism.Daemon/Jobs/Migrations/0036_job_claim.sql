-- What is asked for thousands of times a second, planned once: the planner took longer for a claim than the server for the claim itself, because its
-- lists differ. A plan that is kept must not stem from a time at which there were no jobs, so it has no choice but the indexes.

-- The oldest runnable jobs of queues for a worker, of each as many as its room.
create function job_claim(p_worker uuid, p_name text, p_queues text[], p_rooms int[]) returns setof job language plpgsql volatile
    set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off as $$
begin
    perform lock_expire();
    -- ANY(ARRAY(...)), not IN: the subselect must run once. State is a literal for the partial index.
    return query
    with claimed as (
        update job set state = 1, attempt = job.attempt + 1, worker = p_worker, worker_name = p_name, claimed_at = osism_now()
        where job.id = any (array(
            select head.id from unnest(p_queues, p_rooms) as wanted (queue, room)
            cross join lateral (
                select j.id from job j where j.state = 0 and j.blocked = 0 and not j.tiny and j.queue = wanted.queue
                order by j.seq limit wanted.room for update skip locked) head))
        returning job.*),
    told as (
        insert into job_history (job_id, at, event, actor, detail)
        select c.id, osism_now(), 'claimed', p_name, 'attempt ' || c.attempt from claimed c)
    select c.* from claimed c order by c.seq;
end $$;

-- Tiny jobs: completes those that a worker holds and, unless p_queues is null, claims up to p_most of each queue. Returns those it completed and those it
-- claimed. Not completed are those others wait for, those somebody wants to end, and those that are not the worker's any more.
create function job_turn(p_worker uuid, p_name text, p_ids uuid[], p_attempts int[], p_queues text[], p_most int)
    returns table (is_done boolean, job_id uuid, job_attempt int, job_submitted_at timestamptz) language plpgsql volatile
    set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off as $$
begin
    -- In this order: whoever shares the lock over all ties must not want it alone.
    if p_queues is not null then
        perform lock_expire();
    end if;
    if cardinality(p_ids) > 0 then
        perform pg_advisory_xact_lock_shared(4711, 1);
        return query
        with done as (
            update job j set state = 3, started_at = coalesce(j.started_at, osism_now()), ended_at = osism_now(), reason_code = null, reason_message = null
            from unnest(p_ids, p_attempts) as d (id, attempt)
            where j.id = d.id and j.attempt = d.attempt and j.state = 1 and j.cancel_requested_at is null
              and not exists (select 1 from job_parent p where p.parent_id = d.id) and not exists (select 1 from job_key k where k.job_id = d.id)
            returning j.id),
        told as (
            insert into job_history (job_id, at, event, actor) select d.id, osism_now(), 'succeeded', p_name from done d)
        select true, d.id, null::int, null::timestamptz from done d;
    end if;
    if p_queues is not null then
        return query
        with claimed as (
            update job j set state = 1, attempt = j.attempt + 1, worker = p_worker, worker_name = p_name, claimed_at = osism_now()
            where j.id = any (array(
                select head.id from unnest(p_queues) as wanted (queue)
                cross join lateral (
                    select w.id from job w where w.state = 0 and w.blocked = 0 and w.tiny and w.queue = wanted.queue
                    order by w.seq limit p_most for update skip locked) head))
            returning j.id, j.attempt, j.submitted_at),
        told as (
            insert into job_history (job_id, at, event, actor, detail)
            select c.id, osism_now(), 'claimed', p_name, 'attempt ' || c.attempt from claimed c)
        select false, c.id, c.attempt, c.submitted_at from claimed c;
    end if;
end $$;

-- Whether no tiny job of a queue waits for a worker: only then a new one may be given to one at once without overtaking another.
create function job_tiny_idle(p_queue text) returns boolean language plpgsql volatile
    set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off as $$
begin
    return not exists (select 1 from job where state = 0 and blocked = 0 and tiny and queue = p_queue);
end $$;
