-- Who had sessions on which instance, how often, and when first and last.
SELECT
  coalesce(target_name, target_id) AS target,
  account,
  region,
  coalesce(actor_arn, actor_user) AS who,
  count(*) AS sessions,
  min(time) AS first_at,
  max(time) AS last_at
FROM audit
WHERE event = 'session.start'
GROUP BY coalesce(target_name, target_id), account, region, coalesce(actor_arn, actor_user)
ORDER BY last_at DESC, target, who;
