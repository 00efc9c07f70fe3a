-- Jobs that run inside the worker and take no time: they need no slot and are claimed and completed many at a time.
alter table job add column tiny boolean not null default false;

drop index job_ready;
create index job_ready on job (queue, seq) where state = 0 and blocked = 0 and not tiny;
create index job_tiny on job (queue, seq) where state = 0 and blocked = 0 and tiny;

-- Lists of what has ended, newest first, by what they can be narrowed by. Live jobs are in none of them: their states change.
create index job_ended on job (seq) where state in (3, 4, 5, 6, 7, 8, 9);
create index job_ended_state on job (state, seq) where state in (3, 4, 5, 6, 7, 8, 9);
create index job_ended_queue on job (queue, seq) where state in (3, 4, 5, 6, 7, 8, 9);
create index job_ended_role on job (role, seq) where state in (3, 4, 5, 6, 7, 8, 9) and role is not null;
