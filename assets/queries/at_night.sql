-- Sessions begun between 20:00 and 06:00 UTC.
SELECT time, coalesce(actor_arn, actor_user) AS who, coalesce(target_name, target_id) AS target, env, reason, ticket, sid
FROM audit
WHERE event = 'session.start' AND (extract(hour FROM time) >= 20 OR extract(hour FROM time) < 6)
ORDER BY time DESC;
