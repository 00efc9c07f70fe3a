-- The claim asks for the oldest of one queue. With statistics that say that every third job is of that queue, the planner walked job_seq and
-- passed over a hundred thousand jobs of others (measured: 250 ms instead of less than one). Now only the index of the claim gives that order;
-- lists of what has ended have theirs, and of what is queued there are few enough to sort.
drop index job_seq;
drop index job_queued;
create index job_queued on job (id) where state = 0;
