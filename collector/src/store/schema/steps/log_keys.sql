CREATE TABLE log_key (
    device TEXT NOT NULL REFERENCES device (id),
    since BIGINT NOT NULL,
    key BYTEA NOT NULL,
    PRIMARY KEY (device, since)
);
ALTER TABLE device ADD COLUMN follows TEXT;
ALTER TABLE device ADD COLUMN broken_by TEXT;
CREATE INDEX device_follows ON device (follows);
CREATE INDEX device_certificate ON device (cert_spki);
UPDATE meta SET value = '5' WHERE key = 'schema';
