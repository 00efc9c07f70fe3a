-- Secrets of the pod, each sealed for one manager or worker: only the holder of that private key can read its row.
create table sealed_secret (
    name       text not null,
    recipient  text not null,          -- fingerprint of the public key it is sealed for
    sealed     bytea not null,
    updated_at timestamptz not null,
    updated_by text not null,
    primary key (name, recipient)
);
