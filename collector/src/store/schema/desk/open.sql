CREATE TABLE api_token (
    id TEXT PRIMARY KEY,
    hash BYTEA NOT NULL UNIQUE,
    staff TEXT NOT NULL REFERENCES staff (id),
    name TEXT NOT NULL,
    scope TEXT NOT NULL,
    made BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    used BIGINT,
    revoked BIGINT,
    revoked_by TEXT
);
CREATE INDEX api_token_staff ON api_token (staff, made);
CREATE TABLE calendar (
    id TEXT PRIMARY KEY,
    hash BYTEA NOT NULL UNIQUE,
    staff TEXT NOT NULL REFERENCES staff (id),
    made BIGINT NOT NULL,
    used BIGINT,
    revoked BIGINT
);
CREATE INDEX calendar_staff ON calendar (staff, made);
CREATE INDEX alert_listed ON alert (state, opened, finding);
CREATE TABLE told (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    casefile TEXT REFERENCES casefile (id),
    ruling TEXT REFERENCES ruling (id),
    device TEXT REFERENCES device (id),
    person TEXT REFERENCES person (id),
    since BIGINT
);
CREATE INDEX told_device ON told (device, since);
