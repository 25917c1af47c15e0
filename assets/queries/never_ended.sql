-- Sessions that began and have no end on record: open still, or lost with their machine.
SELECT began.time, coalesce(began.actor_arn, began.actor_user) AS who,
  coalesce(began.target_name, began.target_id) AS target, began.sid, began.ssm_session_id, began.rec_path
FROM audit AS began
LEFT JOIN audit AS ended
  ON ended.sid = began.sid AND ended.event = 'session.end'
WHERE began.event = 'session.start' AND ended.sid IS NULL
ORDER BY began.time DESC;
