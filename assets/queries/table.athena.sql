-- The table that the queries read, for Athena. Put the folder of `qd audit export --parquet` into a bucket and its
-- address below. Days are projected from the folder names, so no partition has to be added by hand.
CREATE EXTERNAL TABLE audit (
  time timestamp, event string, code string, severity string, outcome string, reason string,
  actor_user string, actor_arn string, account string, region string, target_id string, target_name string,
  env string, sid string, ssm_session_id string, ticket string, command string, exit_code bigint,
  duration_ms bigint, bytes bigint, rec_path string, rec_sha256 string, seq bigint, uid string,
  tool_version string, raw string
)
PARTITIONED BY (dt string)
STORED AS PARQUET
LOCATION 's3://BUCKET/audit_parquet/v1/'
TBLPROPERTIES (
  'projection.enabled' = 'true',
  'projection.dt.type' = 'date',
  'projection.dt.format' = 'yyyy-MM-dd',
  'projection.dt.range' = '2026-01-01,NOW',
  'storage.location.template' = 's3://BUCKET/audit_parquet/v1/dt=${dt}/'
);
