alter table job
    add column rerun_of  uuid,             -- the job an operator ran again as this one
    add column output_at timestamptz;      -- last sign of life of its run: output or an event
