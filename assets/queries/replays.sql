-- Who looked at, or took out, whose recording.
SELECT
  seen.time AS seen_at,
  seen.event,
  seen.actor_user AS seen_by,
  coalesce(began.actor_arn, began.actor_user) AS recorded_who,
  coalesce(began.target_name, began.target_id) AS target,
  began.time AS recorded_at,
  seen.sid
FROM audit AS seen
LEFT JOIN audit AS began
  ON began.sid = seen.sid AND began.event = 'session.start'
WHERE seen.event IN ('session.recording.access', 'session.recording.exported')
ORDER BY seen_at DESC;
