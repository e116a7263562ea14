CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);

CREATE TABLE person (
    id TEXT PRIMARY KEY,
    pseudonym TEXT NOT NULL UNIQUE,
    created BIGINT NOT NULL
);
CREATE TABLE register (
    person TEXT PRIMARY KEY REFERENCES person (id),
    name TEXT NOT NULL,
    note TEXT NOT NULL
);
CREATE TABLE device (
    id TEXT PRIMARY KEY,
    person TEXT NOT NULL REFERENCES person (id),
    log_key BYTEA NOT NULL,
    cert_spki BYTEA NOT NULL,
    state TEXT NOT NULL,
    enrolled BIGINT NOT NULL,
    agent_version TEXT NOT NULL,
    platform TEXT NOT NULL,
    size BIGINT NOT NULL,
    root BYTEA NOT NULL,
    range BYTEA NOT NULL,
    last_contact BIGINT,
    order_digest TEXT
);
CREATE INDEX device_person ON device (person);
CREATE TABLE register_device (
    device TEXT PRIMARY KEY REFERENCES device (id),
    host TEXT NOT NULL,
    accounts TEXT NOT NULL
);
CREATE TABLE token (
    hash BYTEA PRIMARY KEY,
    person TEXT NOT NULL REFERENCES person (id),
    accounts TEXT NOT NULL,
    expires BIGINT NOT NULL,
    used BIGINT
);

CREATE TABLE orders (
    digest TEXT NOT NULL,
    person TEXT NOT NULL REFERENCES person (id),
    id TEXT NOT NULL,
    version BIGINT NOT NULL,
    bytes BYTEA NOT NULL,
    sigs TEXT NOT NULL,
    put BIGINT NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (digest, person)
);
CREATE TABLE list (sha256 TEXT PRIMARY KEY, bytes BYTEA NOT NULL);

CREATE TABLE report (
    device TEXT NOT NULL REFERENCES device (id),
    first BIGINT NOT NULL,
    count BIGINT NOT NULL,
    bytes BYTEA NOT NULL,
    received BIGINT NOT NULL,
    receipt BIGINT NOT NULL,
    min_at BIGINT NOT NULL,
    max_at BIGINT NOT NULL,
    range_before BYTEA NOT NULL,
    PRIMARY KEY (device, first)
);
CREATE INDEX report_time ON report (device, max_at);

CREATE TABLE finding (
    id TEXT PRIMARY KEY,
    device TEXT NOT NULL REFERENCES device (id),
    person TEXT NOT NULL REFERENCES person (id),
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    rule TEXT NOT NULL,
    clause TEXT NOT NULL,
    severity TEXT NOT NULL,
    matched TEXT NOT NULL,
    engine TEXT NOT NULL,
    order_digest TEXT NOT NULL,
    made BIGINT NOT NULL,
    proof TEXT NOT NULL
);
CREATE INDEX finding_person ON finding (person, at);
CREATE INDEX finding_device ON finding (device, seq);
CREATE INDEX finding_unproven ON finding (device, seq) WHERE proof = 'unproven';
CREATE TABLE alert (
    finding TEXT PRIMARY KEY REFERENCES finding (id),
    person TEXT NOT NULL REFERENCES person (id),
    opened BIGINT NOT NULL,
    state TEXT NOT NULL
);
CREATE INDEX alert_person ON alert (person, state);
CREATE INDEX alert_state ON alert (state);
CREATE TABLE outbox (
    id TEXT PRIMARY KEY,
    finding TEXT NOT NULL,
    channel TEXT NOT NULL,
    next_try BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    done BIGINT,
    failure TEXT,
    UNIQUE (finding, channel)
);
CREATE INDEX outbox_due ON outbox (done, next_try);
CREATE TABLE incident (
    id TEXT PRIMARY KEY,
    device TEXT NOT NULL REFERENCES device (id),
    person TEXT NOT NULL REFERENCES person (id),
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL,
    bytes BYTEA
);
CREATE INDEX incident_person ON incident (person, at);

CREATE TABLE staff (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    hash TEXT NOT NULL,
    failed BIGINT NOT NULL,
    locked_until BIGINT
);
CREATE TABLE web_session (
    hash BYTEA PRIMARY KEY,
    staff TEXT NOT NULL REFERENCES staff (id),
    expires BIGINT NOT NULL,
    csrf BYTEA NOT NULL
);
CREATE TABLE decision (
    id TEXT PRIMARY KEY,
    finding TEXT NOT NULL REFERENCES finding (id),
    staff TEXT NOT NULL REFERENCES staff (id),
    at BIGINT NOT NULL,
    verdict TEXT NOT NULL,
    reason TEXT NOT NULL
);
CREATE INDEX decision_finding ON decision (finding, at);
CREATE TABLE audit (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    staff TEXT NOT NULL,
    action TEXT NOT NULL,
    person TEXT,
    reason TEXT NOT NULL
);
CREATE INDEX audit_time ON audit (at);

INSERT INTO meta (key, value) VALUES ('schema', '1'), ('orders', '0');
