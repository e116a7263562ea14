CREATE TABLE draft (
    id TEXT PRIMARY KEY,
    person TEXT NOT NULL REFERENCES person (id),
    purpose TEXT NOT NULL,
    reason TEXT NOT NULL,
    begun BIGINT NOT NULL,
    begun_by TEXT NOT NULL REFERENCES staff (id),
    ended BIGINT,
    ended_by TEXT,
    outcome TEXT,
    why TEXT
);
CREATE INDEX draft_person ON draft (person, begun);
CREATE TABLE draft_version (
    draft TEXT NOT NULL REFERENCES draft (id),
    number BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    bytes BYTEA NOT NULL,
    origin TEXT NOT NULL,
    made BIGINT NOT NULL,
    made_by TEXT NOT NULL REFERENCES staff (id),
    PRIMARY KEY (draft, number)
);
CREATE TABLE draft_signature (
    id TEXT PRIMARY KEY,
    draft TEXT NOT NULL REFERENCES draft (id),
    sha256 TEXT NOT NULL,
    principal TEXT NOT NULL,
    bytes BYTEA NOT NULL,
    taken BIGINT NOT NULL,
    taken_by TEXT NOT NULL REFERENCES staff (id),
    left_out BIGINT,
    left_out_by TEXT
);
CREATE INDEX draft_signature_draft ON draft_signature (draft, sha256);
CREATE TABLE order_taken (
    device TEXT NOT NULL REFERENCES device (id),
    digest TEXT NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    received BIGINT NOT NULL,
    PRIMARY KEY (device, seq)
);
CREATE TABLE explained (
    id TEXT PRIMARY KEY,
    person TEXT NOT NULL REFERENCES person (id),
    digest TEXT NOT NULL,
    day TEXT NOT NULL,
    explained_by TEXT NOT NULL,
    language TEXT NOT NULL,
    answer TEXT NOT NULL,
    remark TEXT NOT NULL,
    entered BIGINT NOT NULL,
    entered_by TEXT NOT NULL REFERENCES staff (id)
);
CREATE INDEX explained_person ON explained (person, entered);
CREATE TABLE compared (
    id TEXT PRIMARY KEY,
    device TEXT NOT NULL REFERENCES device (id),
    same BIGINT NOT NULL,
    entered BIGINT NOT NULL,
    entered_by TEXT NOT NULL REFERENCES staff (id)
);
CREATE INDEX compared_device ON compared (device, entered);
CREATE TABLE token_made (
    once TEXT PRIMARY KEY,
    hash BYTEA NOT NULL REFERENCES token (hash),
    person TEXT NOT NULL REFERENCES person (id),
    made BIGINT NOT NULL,
    made_by TEXT NOT NULL REFERENCES staff (id)
);
CREATE INDEX token_made_person ON token_made (person, made);
