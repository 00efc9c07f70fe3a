-- What only ARA clients record: labels of playbooks, and values that plays keep for later.
create table rec_label (
    id      bigint generated always as identity primary key,
    name    text not null unique,
    created timestamptz not null,
    updated timestamptz not null
);

create table rec_playbook_label (
    playbook bigint not null,
    label    bigint not null,
    primary key (playbook, label)
);
create index rec_playbook_label_label on rec_playbook_label (label);

-- The value is JSON as it came: jsonb would refuse a NUL and change the order of keys.
create table rec_record (
    id       bigint primary key,
    playbook bigint not null,
    key      text not null,
    type     text not null,
    value    text compression lz4 not null,
    created  timestamptz not null,
    updated  timestamptz not null
);
create unique index rec_record_key on rec_record (playbook, key);

