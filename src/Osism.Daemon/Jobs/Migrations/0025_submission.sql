-- What a client called its submission, so that one it sends again after a broken connection makes no second job.
create table submission (
    key          uuid primary key,
    body_sha256  bytea not null,
    jobs         uuid[] not null,                  -- in the order of the submission
    submitted_at timestamptz not null
);

create index submission_submitted_at on submission (submitted_at);
