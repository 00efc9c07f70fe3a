-- Whoever may read the pod's secrets: one row a home, which is a manager or a worker's machine. Secrets are sealed for these keys.
create table member (
    machine     text primary key,          -- identity of the OSISM_HOME
    fingerprint text not null unique,
    point       bytea not null,            -- its public key
    name        text not null,
    joined_at   timestamptz not null,
    invited_by  text,                      -- who made the token; null for the home that came first
    removed_at  timestamptz
);

-- Invitations. The token itself is nowhere.
create table join_token (
    hash       bytea primary key,          -- SHA-256 of the token
    created_at timestamptz not null,
    created_by text not null,
    expires_at timestamptz not null,
    used_at    timestamptz,
    used_by    text                        -- machine
);
