-- What only one process of the installation may do at a time, and which one does it.
create table leadership (
    role        text primary key,
    holder      uuid not null,
    holder_name text not null,
    term        bigint not null,          -- rises with every change of hands: a fence for whoever was slow to stop
    since       timestamptz not null,
    lease_until timestamptz not null
);
