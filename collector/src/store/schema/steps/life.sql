ALTER TABLE report ADD COLUMN not_before BIGINT;
CREATE TABLE watch (
    device TEXT PRIMARY KEY REFERENCES device (id),
    last TEXT NOT NULL
);
CREATE TABLE condition (
    device TEXT NOT NULL REFERENCES device (id),
    person TEXT NOT NULL REFERENCES person (id),
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    seq BIGINT NOT NULL,
    since BIGINT NOT NULL,
    until BIGINT,
    known BIGINT NOT NULL,
    cleared BIGINT,
    PRIMARY KEY (device, kind, source, since)
);
CREATE INDEX condition_cleared ON condition (cleared);
UPDATE meta SET value = '6' WHERE key = 'schema';
