-- What was found changed, cut out or unexplained, newest first, with the line as it stands in the log.
SELECT time, event, reason, sid, ssm_session_id, raw
FROM audit
WHERE event IN ('session.integrity.tamper', 'session.integrity.recovered')
  OR (event = 'audit.reconcile' AND outcome = 'failure')
ORDER BY time DESC;
