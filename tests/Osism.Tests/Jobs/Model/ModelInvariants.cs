namespace Osism.Tests.Jobs.Model;

/// <summary>What must hold in the database after every transaction, as one query that names what does not.</summary>
internal static class ModelInvariants
{
    public const string Sql = """
        with live as (select * from job where state in (0, 1, 2, 10, 11)),
        entry as (
            select k.*, j.state, exists (
                select 1 from job_key e where e.key = k.key and e.ord < k.ord and (e.hosts is null or k.hosts is null or e.hosts && k.hosts)) as must_wait
            from job_key k join job j on j.id = k.job_id),
        unmet as (
            select e.job_id, count(*) as n, bool_or(p.state in (4, 5, 6, 7, 8, 9)) as is_hopeless
            from job_parent e join job p on p.id = e.parent_id where p.state <> 3 group by 1),
        lock_now as (select * from operator_lock where released_at is null)
        select 'job ' || seq || ' has a counter of ' || blocked || ' that is not its definition' from job j
        where state = 0 and blocked <> coalesce((select n from unmet where job_id = j.id), 0)
            + (select count(*) from job_key where job_id = j.id and waits) + (select count(*) from job_held where job_id = j.id)
        union all
        select 'place ' || ord || ' before ' || key || ' waits: ' || waits from entry where waits <> must_wait
        union all
        select 'job ' || ord || ' has begun although ' || key || ' is held by one before it' from entry where must_wait and state in (1, 2, 10, 11)
        union all
        select 'job ' || seq || ' has begun before its parents' from job j join unmet on unmet.job_id = j.id where state not in (0, 6)
        union all
        select 'job ' || seq || ' waits for one that has ended badly' from job j join unmet on unmet.job_id = j.id and is_hopeless where state = 0
        union all
        select 'place before ' || key || ' left behind by ' || ord from entry where state not in (0, 1, 2, 10, 11)
        union all
        select 'job ' || seq || ' has not the places it wanted' from live where cardinality(lock_keys) <> (select count(*) from job_key where job_id = live.id)
        union all
        select 'job ' || seq || ' is held by a lock that is gone, or has begun' from job_held h join job j on j.id = h.job_id
        where j.state <> 0 or not exists (select 1 from lock_now l where l.id = h.lock_id and lock_covers(l, j.environment, j.sub, j.plays, j.touches))
        union all
        select 'job ' || seq || ' is not held by ' || l.scope from job j join lock_now l on lock_covers(l, j.environment, j.sub, j.plays, j.touches)
        where j.state = 0 and (l.until is null or l.until > osism_now()) and not exists (select 1 from job_held h where h.lock_id = l.id and h.job_id = j.id)
        union all
        select 'job ' || seq || ' waits again although it was begun' from job where state = 0 and started_at is not null
        union all
        select 'all that is queued waits for nobody' from (select 1) one
        where exists (select 1 from job where state = 0) and not exists (select 1 from job where (state = 0 and blocked = 0) or state in (1, 2, 10, 11))
            and not exists (select 1 from lock_now)
        union all
        select 'job ' || seq || ' has no time of being ready' from job where state = 0 and (blocked = 0) <> (ready_at is not null)
        limit 3
        """;
}
