-- Sessions that nobody gave a reason or a ticket for, production first.
SELECT time, env, coalesce(target_name, target_id) AS target, coalesce(actor_arn, actor_user) AS who, sid
FROM audit
WHERE event = 'session.start' AND reason IS NULL AND ticket IS NULL
ORDER BY CASE WHEN env IN ('prod', 'production') THEN 0 ELSE 1 END, time DESC;
