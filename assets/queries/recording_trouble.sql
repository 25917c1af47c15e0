-- Whatever kept a recording from being whole: gaps, failures, recoveries, by session.
SELECT
  sid,
  max(coalesce(target_name, target_id)) AS target,
  count(*) FILTER (WHERE event = 'session.recording.gap') AS gaps,
  count(*) FILTER (WHERE event = 'session.recording.failed') AS failures,
  count(*) FILTER (WHERE event = 'session.recording.recovered') AS recoveries,
  min(time) AS first_at,
  max(time) AS last_at
FROM audit
WHERE event IN ('session.recording.gap', 'session.recording.failed', 'session.recording.recovered')
GROUP BY sid
ORDER BY last_at DESC;
