CREATE TABLE risk_level (
    id TEXT PRIMARY KEY,
    person TEXT NOT NULL REFERENCES person (id),
    level TEXT NOT NULL,
    reasons TEXT NOT NULL,
    review TEXT NOT NULL,
    staff TEXT NOT NULL REFERENCES staff (id),
    at BIGINT NOT NULL
);
CREATE INDEX risk_level_person ON risk_level (person, at);
CREATE TABLE plan_action (
    id TEXT PRIMARY KEY,
    person TEXT NOT NULL REFERENCES person (id),
    what TEXT NOT NULL,
    owner TEXT NOT NULL REFERENCES staff (id),
    due TEXT NOT NULL,
    staff TEXT NOT NULL REFERENCES staff (id),
    at BIGINT NOT NULL,
    closed BIGINT,
    closed_by TEXT REFERENCES staff (id),
    closed_as TEXT,
    outcome TEXT
);
CREATE INDEX plan_action_person ON plan_action (person, due);
CREATE INDEX plan_action_owner ON plan_action (owner, due);
CREATE TABLE officer_note (
    id TEXT PRIMARY KEY,
    person TEXT NOT NULL REFERENCES person (id),
    kind TEXT NOT NULL,
    happened BIGINT NOT NULL,
    text TEXT NOT NULL,
    outcome TEXT NOT NULL,
    corrects TEXT REFERENCES officer_note (id),
    staff TEXT NOT NULL REFERENCES staff (id),
    at BIGINT NOT NULL
);
CREATE INDEX officer_note_person ON officer_note (person, happened);
CREATE INDEX officer_note_corrects ON officer_note (corrects);
CREATE TABLE declared_item (
    id TEXT PRIMARY KEY,
    person TEXT NOT NULL REFERENCES person (id),
    kind TEXT NOT NULL,
    what TEXT NOT NULL,
    since TEXT NOT NULL,
    declared TEXT NOT NULL,
    staff TEXT NOT NULL REFERENCES staff (id),
    at BIGINT NOT NULL,
    withdrawn BIGINT,
    withdrawn_by TEXT REFERENCES staff (id),
    withdrawn_why TEXT
);
CREATE INDEX declared_item_person ON declared_item (person, declared);
CREATE TABLE intelligence (
    id TEXT PRIMARY KEY,
    person TEXT NOT NULL REFERENCES person (id),
    origin TEXT NOT NULL,
    source TEXT NOT NULL,
    assessment TEXT NOT NULL,
    handling TEXT NOT NULL,
    conditions TEXT NOT NULL,
    happened BIGINT NOT NULL,
    text TEXT NOT NULL,
    line TEXT,
    staff TEXT NOT NULL REFERENCES staff (id),
    at BIGINT NOT NULL,
    UNIQUE (person, line)
);
CREATE INDEX intelligence_person ON intelligence (person, happened);
CREATE TABLE document (
    id TEXT PRIMARY KEY,
    person TEXT NOT NULL REFERENCES person (id),
    name BYTEA,
    kind TEXT NOT NULL,
    size BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    about TEXT NOT NULL,
    bytes BYTEA,
    staff TEXT NOT NULL REFERENCES staff (id),
    at BIGINT NOT NULL,
    removed BIGINT,
    removed_by TEXT REFERENCES staff (id),
    removed_why TEXT
);
CREATE INDEX document_person ON document (person, at);
