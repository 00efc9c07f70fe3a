-- Whether a silence was told is asked again and again of every running job.
create index notification_event_silence on notification_event (job_id, at) where kind = 'silence';
