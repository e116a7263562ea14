UPDATE casefile SET unsigned = (
    SELECT count(*) FROM ruling r
    WHERE r.casefile = casefile.id AND r.wanted = 1
    AND NOT EXISTS (SELECT 1 FROM sign_off o WHERE o.ruling = r.id)
    AND CASE WHEN EXISTS (SELECT 1 FROM ruled u WHERE u.ruling = r.id)
    THEN EXISTS (
        SELECT 1 FROM ruled u JOIN decision d ON d.id = u.decision
        WHERE u.ruling = r.id AND NOT EXISTS (
            SELECT 1 FROM decision e
            WHERE e.finding = d.finding AND (e.at > d.at OR (e.at = d.at AND e.id > d.id))
        )
    )
    ELSE NOT EXISTS (
        SELECT 1 FROM ruling n
        WHERE n.casefile = r.casefile AND (n.at > r.at OR (n.at = r.at AND n.id > r.id))
    )
    END
) WHERE unsigned > 0;
UPDATE casefile SET stage = 2 WHERE stage = 1 AND unsigned = 0;
UPDATE meta SET value = '13' WHERE key = 'schema';
