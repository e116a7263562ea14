ALTER TABLE finding ADD COLUMN erased TEXT;
CREATE TABLE erasure_request (
    id TEXT PRIMARY KEY,
    person TEXT NOT NULL REFERENCES person (id),
    asked BIGINT NOT NULL,
    staff TEXT NOT NULL,
    rule TEXT NOT NULL,
    reason TEXT NOT NULL,
    records TEXT NOT NULL,
    closed BIGINT
);
CREATE TABLE erasure (
    id TEXT PRIMARY KEY REFERENCES erasure_request (id),
    at BIGINT NOT NULL,
    person TEXT NOT NULL REFERENCES person (id),
    line TEXT NOT NULL,
    entry BIGINT NOT NULL,
    cleaned BIGINT
);
CREATE INDEX erasure_person ON erasure (person);
CREATE TABLE hold (
    id TEXT PRIMARY KEY,
    person TEXT NOT NULL REFERENCES person (id),
    at BIGINT NOT NULL,
    held_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    exhibit TEXT,
    records TEXT,
    lifted BIGINT,
    lifted_by TEXT
);
CREATE INDEX hold_person ON hold (person);
UPDATE meta SET value = '7' WHERE key = 'schema';
