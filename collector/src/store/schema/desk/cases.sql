CREATE TABLE casefile (
    id TEXT PRIMARY KEY,
    person TEXT NOT NULL REFERENCES person (id),
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    device TEXT NOT NULL,
    stage BIGINT NOT NULL,
    rank BIGINT NOT NULL,
    opened BIGINT NOT NULL,
    latest BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    urgent BIGINT NOT NULL,
    breach BIGINT NOT NULL,
    review BIGINT NOT NULL,
    unheeded BIGINT NOT NULL,
    unheeded_since BIGINT,
    total BIGINT NOT NULL,
    unsigned BIGINT NOT NULL,
    snoozed BIGINT NOT NULL,
    lead TEXT NOT NULL
);
CREATE INDEX casefile_queue ON casefile (stage, rank, opened, id);
CREATE INDEX casefile_person ON casefile (person, kind, subject, device, stage);
CREATE INDEX casefile_waits ON casefile (stage, person, kind, rank, snoozed, urgent, breach, review, unheeded, opened);
CREATE INDEX casefile_unheeded ON casefile (unheeded_since) WHERE unheeded > 0;
CREATE INDEX casefile_unsigned ON casefile (person) WHERE unsigned > 0;
CREATE TABLE incase (
    finding TEXT PRIMARY KEY REFERENCES finding (id),
    casefile TEXT NOT NULL REFERENCES casefile (id)
);
CREATE INDEX incase_casefile ON incase (casefile);
CREATE TABLE incase_condition (
    device TEXT NOT NULL,
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    since BIGINT NOT NULL,
    casefile TEXT NOT NULL REFERENCES casefile (id),
    PRIMARY KEY (device, kind, source, since)
);
CREATE INDEX incase_condition_casefile ON incase_condition (casefile);
CREATE TABLE incase_incident (
    incident TEXT PRIMARY KEY REFERENCES incident (id),
    casefile TEXT NOT NULL REFERENCES casefile (id)
);
CREATE INDEX incase_incident_casefile ON incase_incident (casefile);
CREATE TABLE snooze (
    id TEXT PRIMARY KEY,
    casefile TEXT NOT NULL REFERENCES casefile (id),
    at BIGINT NOT NULL,
    until BIGINT NOT NULL,
    staff TEXT NOT NULL REFERENCES staff (id),
    reason TEXT NOT NULL,
    ended BIGINT,
    ended_by TEXT
);
CREATE INDEX snooze_casefile ON snooze (casefile, at);
CREATE TABLE ruling (
    id TEXT PRIMARY KEY,
    casefile TEXT NOT NULL REFERENCES casefile (id),
    finding TEXT,
    staff TEXT NOT NULL REFERENCES staff (id),
    at BIGINT NOT NULL,
    verdict TEXT NOT NULL,
    reason TEXT NOT NULL,
    part TEXT NOT NULL,
    review TEXT NOT NULL,
    wanted BIGINT NOT NULL,
    alerts BIGINT NOT NULL
);
CREATE INDEX ruling_casefile ON ruling (casefile, at);
CREATE INDEX ruling_review ON ruling (review) WHERE review <> '';
CREATE TABLE ruled (
    decision TEXT PRIMARY KEY REFERENCES decision (id),
    ruling TEXT NOT NULL REFERENCES ruling (id)
);
CREATE INDEX ruled_ruling ON ruled (ruling);
CREATE TABLE sign_off (
    ruling TEXT PRIMARY KEY REFERENCES ruling (id),
    staff TEXT NOT NULL REFERENCES staff (id),
    at BIGINT NOT NULL,
    agreed BIGINT NOT NULL,
    reason TEXT NOT NULL
);
CREATE TABLE case_exhibit (
    id TEXT PRIMARY KEY,
    casefile TEXT NOT NULL REFERENCES casefile (id),
    finding TEXT,
    person TEXT NOT NULL REFERENCES person (id),
    reference TEXT NOT NULL,
    shows TEXT NOT NULL,
    staff TEXT NOT NULL REFERENCES staff (id),
    at BIGINT NOT NULL,
    hold TEXT,
    UNIQUE (person, reference)
);
CREATE INDEX case_exhibit_casefile ON case_exhibit (casefile, at);
CREATE TABLE escalation (
    id TEXT PRIMARY KEY,
    casefile TEXT NOT NULL REFERENCES casefile (id),
    at BIGINT NOT NULL,
    since BIGINT NOT NULL,
    step TEXT NOT NULL,
    staff TEXT NOT NULL,
    severity TEXT NOT NULL
);
CREATE INDEX escalation_casefile ON escalation (casefile, since);
CREATE TABLE early_end (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    staff TEXT NOT NULL
);
INSERT INTO casefile (id, person, kind, subject, device, stage, rank, opened, latest, first_at, last_at,
    urgent, breach, review, unheeded, unheeded_since, total, unsigned, snoozed, lead)
SELECT min(f.id), f.person, 'finding', f.clause, '', CASE a.state WHEN 'decided' THEN 2 ELSE 0 END,
    min(CASE f.severity WHEN 'urgent' THEN 0 WHEN 'breach' THEN 1 ELSE 2 END),
    min(a.opened), max(a.opened), min(f.at), max(f.at),
    sum(CASE WHEN f.severity = 'urgent' AND a.state <> 'decided' THEN 1 ELSE 0 END),
    sum(CASE WHEN f.severity = 'breach' AND a.state <> 'decided' THEN 1 ELSE 0 END),
    sum(CASE WHEN f.severity NOT IN ('urgent', 'breach') AND a.state <> 'decided' THEN 1 ELSE 0 END),
    sum(CASE WHEN a.state = 'open' THEN 1 ELSE 0 END),
    min(CASE WHEN a.state = 'open' THEN a.opened ELSE NULL END),
    count(*), 0, 0,
    substr(min(CASE f.severity WHEN 'urgent' THEN '0' WHEN 'breach' THEN '1' ELSE '2' END || f.id), 2)
FROM alert a JOIN finding f ON f.id = a.finding
GROUP BY f.person, f.clause, CASE a.state WHEN 'decided' THEN 2 ELSE 0 END;
INSERT INTO incase (finding, casefile)
SELECT f.id, c.id FROM alert a JOIN finding f ON f.id = a.finding
JOIN casefile c ON c.person = f.person AND c.kind = 'finding' AND c.subject = f.clause
    AND c.stage = CASE a.state WHEN 'decided' THEN 2 ELSE 0 END;
INSERT INTO casefile (id, person, kind, subject, device, stage, rank, opened, latest, first_at, last_at,
    urgent, breach, review, unheeded, unheeded_since, total, unsigned, snoozed, lead)
SELECT device || '-' || kind, min(person), 'condition', kind, device, 0,
    min(CASE WHEN kind IN ('killed', 'stopped') THEN 1 ELSE 2 END),
    min(known), max(known), min(since), max(since), 0,
    sum(CASE WHEN kind IN ('killed', 'stopped') THEN 1 ELSE 0 END),
    sum(CASE WHEN kind IN ('killed', 'stopped') THEN 0 ELSE 1 END),
    count(*), min(known), count(*), 0, 0, ''
FROM condition GROUP BY device, kind;
INSERT INTO incase_condition (device, kind, source, since, casefile)
SELECT device, kind, source, since, device || '-' || kind FROM condition;
INSERT INTO casefile (id, person, kind, subject, device, stage, rank, opened, latest, first_at, last_at,
    urgent, breach, review, unheeded, unheeded_since, total, unsigned, snoozed, lead)
SELECT device || '-' || kind, min(person), 'incident', kind, device, 0, 1,
    min(at), max(at), min(at), max(at), 0, count(*), 0, count(*), min(at), count(*), 0, 0, ''
FROM incident GROUP BY device, kind;
INSERT INTO incase_incident (incident, casefile)
SELECT id, device || '-' || kind FROM incident;
CREATE TABLE rule_verdict (
    order_digest TEXT NOT NULL,
    rule TEXT NOT NULL,
    person TEXT NOT NULL REFERENCES person (id),
    verdict TEXT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (order_digest, rule, person, verdict)
);
CREATE INDEX rule_verdict_rule ON rule_verdict (rule);
INSERT INTO rule_verdict (order_digest, rule, person, verdict, count)
SELECT f.order_digest, f.rule, f.person, d.verdict, count(*) FROM decision d
JOIN finding f ON f.id = d.finding
WHERE NOT EXISTS (SELECT 1 FROM decision e WHERE e.finding = d.finding
    AND (e.at > d.at OR (e.at = d.at AND e.id > d.id)))
GROUP BY f.order_digest, f.rule, f.person, d.verdict;
