-- Sessions, hours and bytes a day for each target.
SELECT
  dt,
  coalesce(target_name, target_id) AS target,
  count(*) AS sessions,
  sum(duration_ms) / 3600000.0 AS hours,
  sum(bytes) AS bytes
FROM audit
WHERE event = 'session.end'
GROUP BY dt, coalesce(target_name, target_id)
ORDER BY dt DESC, hours DESC;
