ALTER TABLE staff ADD COLUMN role TEXT NOT NULL DEFAULT 'manager';
ALTER TABLE staff ADD COLUMN team TEXT NOT NULL DEFAULT '';
ALTER TABLE staff ADD COLUMN mail TEXT NOT NULL DEFAULT '';
ALTER TABLE staff ADD COLUMN closed BIGINT;
CREATE TABLE caseload (
    id TEXT PRIMARY KEY,
    person TEXT NOT NULL REFERENCES person (id),
    officer TEXT NOT NULL REFERENCES staff (id),
    since BIGINT NOT NULL,
    until BIGINT,
    put_by TEXT NOT NULL,
    reason TEXT NOT NULL
);
CREATE INDEX caseload_person ON caseload (person, since);
CREATE TABLE cover (
    id TEXT PRIMARY KEY,
    absent TEXT NOT NULL REFERENCES staff (id),
    colleague TEXT NOT NULL REFERENCES staff (id),
    since BIGINT NOT NULL,
    until BIGINT NOT NULL,
    put_by TEXT NOT NULL,
    reason TEXT NOT NULL
);
CREATE TABLE rota (
    id TEXT PRIMARY KEY,
    team TEXT NOT NULL,
    staff TEXT NOT NULL REFERENCES staff (id),
    since BIGINT NOT NULL,
    until BIGINT NOT NULL,
    put_by TEXT NOT NULL
);
CREATE TABLE pass (
    id TEXT PRIMARY KEY,
    staff TEXT NOT NULL REFERENCES staff (id),
    person TEXT NOT NULL REFERENCES person (id),
    since BIGINT NOT NULL,
    until BIGINT NOT NULL,
    put_by TEXT NOT NULL,
    reason TEXT NOT NULL
);
CREATE TABLE sight (
    staff TEXT NOT NULL REFERENCES staff (id),
    person TEXT NOT NULL REFERENCES person (id),
    since BIGINT NOT NULL,
    until BIGINT NOT NULL,
    why TEXT NOT NULL,
    PRIMARY KEY (staff, person, since, why)
);
CREATE INDEX sight_person ON sight (person);
