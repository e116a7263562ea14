ALTER TABLE erasure_request ADD COLUMN wanted TEXT;
UPDATE meta SET value = '14' WHERE key = 'schema';
