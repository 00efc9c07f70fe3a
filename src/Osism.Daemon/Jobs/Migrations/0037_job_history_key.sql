-- One index instead of two on a table that grows by several rows a job: nobody looks for a line of history but by its job.
alter table job_history drop constraint job_history_pkey;
drop index job_history_job;
alter table job_history add primary key (job_id, id);
