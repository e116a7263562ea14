ALTER TABLE staff ADD COLUMN must_change BIGINT;
ALTER TABLE web_session ADD COLUMN opened BIGINT NOT NULL DEFAULT 0;
ALTER TABLE web_session ADD COLUMN proved BIGINT NOT NULL DEFAULT 0;
ALTER TABLE web_session ADD COLUMN wrong BIGINT NOT NULL DEFAULT 0;
ALTER TABLE web_session ADD COLUMN way TEXT NOT NULL DEFAULT '';
ALTER TABLE web_session ADD COLUMN browser TEXT NOT NULL DEFAULT '';
ALTER TABLE web_session ADD COLUMN address TEXT NOT NULL DEFAULT '';
CREATE INDEX web_session_staff ON web_session (staff);
CREATE TABLE totp (
    id TEXT PRIMARY KEY,
    staff TEXT NOT NULL REFERENCES staff (id),
    secret BYTEA NOT NULL,
    made BIGINT NOT NULL,
    confirmed BIGINT,
    last_step BIGINT NOT NULL,
    ended BIGINT
);
CREATE INDEX totp_staff ON totp (staff);
CREATE TABLE recovery_code (
    hash BYTEA PRIMARY KEY,
    staff TEXT NOT NULL REFERENCES staff (id),
    made BIGINT NOT NULL,
    used BIGINT,
    ended BIGINT
);
CREATE INDEX recovery_code_staff ON recovery_code (staff);
CREATE TABLE passkey (
    credential BYTEA PRIMARY KEY,
    staff TEXT NOT NULL REFERENCES staff (id),
    name TEXT NOT NULL,
    algorithm BIGINT NOT NULL,
    public_key BYTEA NOT NULL,
    counter BIGINT NOT NULL,
    made BIGINT NOT NULL,
    used BIGINT,
    ended BIGINT
);
CREATE INDEX passkey_staff ON passkey (staff);
CREATE TABLE sign_in_step (
    hash BYTEA PRIMARY KEY,
    kind TEXT NOT NULL,
    staff TEXT,
    data TEXT NOT NULL,
    made BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    wrong BIGINT NOT NULL
);
CREATE TABLE sign_in_try (
    staff TEXT NOT NULL REFERENCES staff (id),
    whence TEXT NOT NULL,
    failed BIGINT NOT NULL,
    shut_until BIGINT NOT NULL,
    latest BIGINT NOT NULL,
    PRIMARY KEY (staff, whence)
);
