ALTER TABLE list_update ADD COLUMN held BIGINT NOT NULL DEFAULT 0;
CREATE TABLE held_update (
    device TEXT NOT NULL REFERENCES device (id),
    order_digest TEXT NOT NULL,
    place BIGINT NOT NULL,
    first BIGINT NOT NULL,
    PRIMARY KEY (device, order_digest, place)
);
UPDATE meta SET value = '4' WHERE key = 'schema';
