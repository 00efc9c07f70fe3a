-- A job may come after several. job.after stays the first of them.
create table job_parent (
    job_id    uuid not null,
    parent_id uuid not null,
    primary key (job_id, parent_id)
);
create index job_parent_parent on job_parent (parent_id, job_id);

insert into job_parent (job_id, parent_id) select id, after from job where after is not null;
drop index job_after;

-- The lock over everything that ties jobs to each other. Who changes ties, or the rows of several jobs because of them, holds it alone; who
-- changes one job that nothing hangs on shares it. It is taken before any row, so that no two transactions can wait for each other.
create function job_lock_alone() returns void language sql volatile as $$ select pg_advisory_xact_lock(4711, 1) $$;

-- For a change of one job. False: it must be tried again in a new transaction, because somebody has come to hang on it meanwhile.
create function job_hold(p_id uuid) returns boolean language plpgsql volatile as $$
begin
    if exists (select 1 from job_parent where parent_id = p_id) then
        perform job_lock_alone();
        return true;
    end if;
    perform pg_advisory_xact_lock_shared(4711, 1);
    return not exists (select 1 from job_parent where parent_id = p_id);
end $$;
