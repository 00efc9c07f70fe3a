-- Runs that have ended and are not in the execution history yet. A row is stored by the transaction that ends the job: no end is missed.
create table execution_pending (
    id     bigint generated always as identity primary key,
    job_id uuid not null
);

-- How much of the file was ours when rows were last taken away: what stands behind it was written by somebody who died before he could do that.
create table execution_history (
    machine text primary key,              -- whose file
    bytes   bigint not null
);

create function execution_note() returns trigger language plpgsql as $$
begin
    insert into execution_pending (job_id) values (new.id);
    return null;
end $$;

create trigger job_execution after update of state on job for each row
    when (new.role is not null and new.started_at is not null and old.state <> new.state and new.state in (3, 4, 5, 6, 7, 8, 9) and old.state not in (3, 4, 5, 6, 7, 8, 9))
    execute function execution_note();
