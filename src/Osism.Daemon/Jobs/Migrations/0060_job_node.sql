-- The place of a job in the run of a collection. Repetitions keep it.
alter table job add column collection_name text, add column node text;
create index job_collection on job (collection, seq) where collection is not null;

-- Whatever two managers do at the same time: a node never has two jobs that live.
create unique index job_node_live on job (collection, node) where collection is not null and state in (0, 1, 2, 10, 11);
