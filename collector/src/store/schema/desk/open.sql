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
