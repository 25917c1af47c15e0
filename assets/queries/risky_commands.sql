-- Commands that destroy, elevate or fetch and run; change the patterns to what worries you.
SELECT time, coalesce(actor_arn, actor_user) AS who, coalesce(target_name, target_id) AS target, env, sid, event, command
FROM audit
WHERE command IS NOT NULL
  AND (
    lower(command) LIKE '%rm -rf%'
    OR lower(command) LIKE '%mkfs%'
    OR lower(command) LIKE '%dd if=%'
    OR lower(command) LIKE '%drop table%'
    OR lower(command) LIKE '%drop database%'
    OR lower(command) LIKE '%iptables -f%'
    OR lower(command) LIKE '%curl%|%sh%'
    OR lower(command) LIKE '%sudo su%'
    OR event = 'alert.match'
  )
ORDER BY time DESC;
