-- The table that the queries read, for DuckDB, started in the folder of `qd audit export --parquet`.
CREATE OR REPLACE VIEW audit AS
SELECT * FROM read_parquet('dt=*/part-*.parquet', hive_partitioning = true, hive_types = {'dt': VARCHAR});
