ALTER TABLE person ADD COLUMN key_number BIGINT;
ALTER TABLE erasure_request ADD COLUMN whole BIGINT NOT NULL DEFAULT 0;
UPDATE meta SET value = '8' WHERE key = 'schema';
