CREATE TABLE device_said (
    device TEXT PRIMARY KEY REFERENCES device (id),
    at BIGINT NOT NULL,
    version TEXT,
    order_digest TEXT
);
CREATE TABLE tamper (
    device TEXT NOT NULL REFERENCES device (id),
    person TEXT NOT NULL REFERENCES person (id),
    kind TEXT NOT NULL,
    part TEXT NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    known BIGINT NOT NULL,
    PRIMARY KEY (device, seq, kind)
);
CREATE INDEX team_tamper ON tamper (person, known);
CREATE INDEX team_caseload ON caseload (officer, until);
CREATE INDEX team_decision ON decision (staff, at);
CREATE INDEX team_alert ON alert (opened);
CREATE INDEX team_orders ON orders (person, state);
CREATE INDEX team_audit_person ON audit (person, at);
CREATE INDEX team_audit_action ON audit (action, at);
CREATE INDEX team_finding_rule ON finding (rule, at);
CREATE TABLE extract (
    id TEXT PRIMARY KEY,
    person TEXT NOT NULL REFERENCES person (id),
    made BIGINT NOT NULL,
    staff TEXT NOT NULL REFERENCES staff (id),
    recipient TEXT REFERENCES staff (id),
    recipient_name TEXT NOT NULL,
    purpose TEXT NOT NULL,
    basis TEXT NOT NULL,
    basis_text TEXT NOT NULL,
    expires BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    body TEXT,
    withdrawn BIGINT,
    withdrawn_by TEXT,
    withdrawn_why TEXT
);
CREATE INDEX team_extract_person ON extract (person, made);
CREATE INDEX team_extract_recipient ON extract (recipient, expires);
CREATE TABLE weekly (
    week TEXT PRIMARY KEY,
    at BIGINT NOT NULL
);
CREATE TABLE weekly_mail (
    id TEXT PRIMARY KEY,
    week TEXT NOT NULL REFERENCES weekly (week),
    staff TEXT NOT NULL REFERENCES staff (id),
    address TEXT NOT NULL,
    body TEXT NOT NULL,
    next_try BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    done BIGINT,
    failure TEXT,
    UNIQUE (week, staff)
);
CREATE INDEX weekly_mail_due ON weekly_mail (done, next_try);
CREATE TABLE weekly_choice (
    id TEXT PRIMARY KEY,
    staff TEXT NOT NULL REFERENCES staff (id),
    at BIGINT NOT NULL,
    wanted BIGINT NOT NULL
);
CREATE INDEX weekly_choice_staff ON weekly_choice (staff, at);
