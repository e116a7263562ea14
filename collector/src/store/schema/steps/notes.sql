ALTER TABLE officer_note ADD COLUMN erased TEXT;
ALTER TABLE erasure_request ADD COLUMN notes TEXT;
UPDATE meta SET value = '11' WHERE key = 'schema';
