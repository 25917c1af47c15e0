-- Sessions that AWS remembers and nobody recorded, as `qd audit reconcile` found them, each once.
SELECT
  ssm_session_id,
  max(coalesce(target_name, target_id)) AS target,
  max(account) AS account,
  max(region) AS region,
  min(time) AS found_at
FROM audit
WHERE event = 'session.recording.missing'
GROUP BY ssm_session_id
ORDER BY found_at DESC;
