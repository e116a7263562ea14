DROP INDEX report_time;
CREATE INDEX report_span ON report (device, max_at, min_at);
UPDATE meta SET value = '10' WHERE key = 'schema';
