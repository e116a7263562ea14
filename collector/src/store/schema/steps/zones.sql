ALTER TABLE staff ADD COLUMN zone TEXT NOT NULL DEFAULT '';
CREATE TABLE device_zone (
    device TEXT NOT NULL REFERENCES device (id),
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    zone TEXT NOT NULL,
    PRIMARY KEY (device, seq)
);
UPDATE meta SET value = '12' WHERE key = 'schema';
