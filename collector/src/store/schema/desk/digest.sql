CREATE TABLE digest_cursor (
    device TEXT PRIMARY KEY REFERENCES device (id),
    form TEXT NOT NULL,
    next BIGINT NOT NULL,
    erased BIGINT NOT NULL,
    unread BIGINT NOT NULL,
    watch TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE TABLE digest_day (
    device TEXT NOT NULL REFERENCES device (id),
    day BIGINT NOT NULL,
    bytes BYTEA NOT NULL,
    PRIMARY KEY (device, day)
);
CREATE TABLE digest_term (
    device TEXT NOT NULL REFERENCES device (id),
    bucket BIGINT NOT NULL,
    month BIGINT NOT NULL,
    entries BYTEA NOT NULL,
    PRIMARY KEY (device, bucket, month)
);
CREATE TABLE search (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    staff TEXT NOT NULL REFERENCES staff (id),
    person TEXT REFERENCES person (id),
    words TEXT NOT NULL,
    reason TEXT NOT NULL
);
