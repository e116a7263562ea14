ALTER TABLE device ADD COLUMN judged BIGINT NOT NULL DEFAULT 0;
CREATE TABLE judge_state (
    device TEXT PRIMARY KEY REFERENCES device (id),
    engine TEXT NOT NULL,
    bytes BYTEA NOT NULL
);
CREATE TABLE cannot_tell (
    device TEXT NOT NULL REFERENCES device (id),
    person TEXT NOT NULL REFERENCES person (id),
    day TEXT NOT NULL,
    order_digest TEXT NOT NULL,
    rule TEXT NOT NULL,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (device, day, order_digest, rule, kind, reason)
);
CREATE INDEX cannot_tell_person ON cannot_tell (person, day);
CREATE TABLE list_update (
    order_digest TEXT NOT NULL,
    place BIGINT NOT NULL,
    list TEXT NOT NULL,
    number BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    bytes BYTEA NOT NULL,
    sig BYTEA NOT NULL,
    put BIGINT NOT NULL,
    PRIMARY KEY (order_digest, place),
    UNIQUE (order_digest, list, number)
);
ALTER TABLE finding ADD COLUMN basis TEXT;
UPDATE meta SET value = '2' WHERE key = 'schema';
