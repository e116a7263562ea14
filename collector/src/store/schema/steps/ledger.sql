CREATE TABLE ledger (
    seq BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    salt BYTEA NOT NULL,
    line TEXT NOT NULL,
    nodes BYTEA NOT NULL
);
CREATE TABLE ledger_checkpoint (
    size BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    signed TEXT NOT NULL,
    exported BIGINT NOT NULL
);
CREATE TABLE ledger_cosignature (
    size BIGINT NOT NULL,
    witness TEXT NOT NULL,
    time BIGINT NOT NULL,
    line TEXT NOT NULL,
    PRIMARY KEY (size, witness)
);
CREATE INDEX ledger_cosignature_witness ON ledger_cosignature (witness, size);
CREATE TABLE ledger_timestamp (
    size BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    token BYTEA NOT NULL
);
CREATE TABLE ledger_trouble (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    witness TEXT NOT NULL,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL,
    entry BIGINT NOT NULL
);
CREATE TABLE bundle (
    entry BIGINT PRIMARY KEY,
    manifest TEXT NOT NULL,
    person TEXT NOT NULL,
    at BIGINT NOT NULL,
    staff TEXT NOT NULL,
    purpose TEXT NOT NULL,
    size BIGINT NOT NULL
);
CREATE INDEX bundle_person ON bundle (person);
ALTER TABLE report ADD COLUMN entry BIGINT;
ALTER TABLE device ADD COLUMN entry BIGINT;
ALTER TABLE orders ADD COLUMN entry BIGINT;
ALTER TABLE list_update ADD COLUMN entry BIGINT;
ALTER TABLE decision ADD COLUMN entry BIGINT;
ALTER TABLE audit ADD COLUMN entry BIGINT;
ALTER TABLE incident ADD COLUMN entry BIGINT;
UPDATE meta SET value = '3' WHERE key = 'schema';
