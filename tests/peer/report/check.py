"""A Cost and Usage Report 2.0 asked three ways: by the SQL that `qd` prints, by plain sums, and by importing the file.

Usage: check.py QD. The report has every kind of line item, late charges, tags, and rows that split others' cost. What a
line costs amortized is worked out here, row by row and in decimals, by the rules that AWS prints for its own views.
"""

import decimal
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import duckdb
from tally import check, close

QD = sys.argv[1]
scratch = tempfile.TemporaryDirectory()
HOME = pathlib.Path(scratch.name)
CONFIG, PARQUET = HOME / "config.toml", HOME / "report.snappy.parquet"
CONFIG.write_text('[costs.athena]\ndatabase = "costs"\ntable = "report"\nkind = "cur2"\n')

# Pseudo-random without a seed of the engine's: `draw(n)` is 0 to 999 by the row and the column.
MADE = """
CREATE MACRO draw(row, salt) AS (row * 7919 + salt * 104729 + (row * row) % 1009 * 31) % 1000;
CREATE TABLE report AS SELECT
  TIMESTAMP '2026-03-01' + INTERVAL (draw(i, 1) % 61) DAY + INTERVAL (draw(i, 2) % 24) HOUR AS line_item_usage_start_date,
  ['Usage', 'Usage', 'Usage', 'SavingsPlanCoveredUsage', 'SavingsPlanNegation', 'SavingsPlanRecurringFee',
   'SavingsPlanUpfrontFee', 'DiscountedUsage', 'RIFee', 'Fee', 'Fee', 'Tax', 'Credit', 'Refund'][1 + draw(i, 3) % 14]
    AS line_item_line_item_type,
  'USD' AS line_item_currency_code,
  ['AmazonEC2', 'AmazonS3', 'AmazonRDS', 'AWSLambda', NULL][1 + draw(i, 4) % 5] AS line_item_product_code,
  ['111122223333', '444455556666', '777788889999'][1 + draw(i, 5) % 3] AS line_item_usage_account_id,
  ['eu-west-1', 'us-east-1', NULL][1 + draw(i, 6) % 3] AS product_region_code,
  ['BoxUsage:m5.large', 'EBS:VolumeUsage.gp3', 'NatGateway-Bytes', NULL][1 + draw(i, 7) % 4] AS line_item_usage_type,
  CASE WHEN draw(i, 8) < 700 THEN 'i-' || (draw(i, 9) % 40) END AS line_item_resource_id,
  ['OnDemand', 'Reserved', NULL][1 + draw(i, 10) % 3] AS pricing_term,
  ['RunInstances', 'EKSPod-EC2', 'ECSTask-EC2', NULL, 'PutObject'][1 + draw(i, 11) % 5] AS line_item_operation,
  draw(i, 12) / 7.0 AS line_item_usage_amount,
  CASE WHEN draw(i, 3) % 14 IN (4, 12, 13) THEN -1 ELSE 1 END * draw(i, 13) / 300.0 AS line_item_unblended_cost,
  draw(i, 14) / 320.0 AS line_item_net_unblended_cost,
  draw(i, 15) / 310.0 AS pricing_public_on_demand_cost,
  draw(i, 16) / 400.0 AS savings_plan_savings_plan_effective_cost,
  draw(i, 17) / 410.0 AS savings_plan_net_savings_plan_effective_cost,
  2 + draw(i, 18) / 500.0 AS savings_plan_total_commitment_to_date,
  draw(i, 19) / 500.0 AS savings_plan_used_commitment,
  draw(i, 20) / 600.0 AS reservation_effective_cost,
  draw(i, 21) / 610.0 AS reservation_net_effective_cost,
  draw(i, 22) / 700.0 AS reservation_unused_amortized_upfront_fee_for_billing_period,
  draw(i, 23) / 710.0 AS reservation_unused_recurring_fee,
  draw(i, 24) / 720.0 AS reservation_net_unused_amortized_upfront_fee_for_billing_period,
  draw(i, 25) / 730.0 AS reservation_net_unused_recurring_fee,
  CASE WHEN draw(i, 26) < 500 THEN 'arn:aws:ec2:eu-west-1:111122223333:reserved-instances/1' END
    AS reservation_reservation_a_r_n,
  CASE WHEN draw(i, 27) < 600
       THEN MAP {'user_team': ['pay', 'search'][1 + draw(i, 28) % 2], 'user_env': ['prod', 'dev'][1 + draw(i, 29) % 2]}
       ELSE MAP {} END AS resource_tags,
  CASE WHEN draw(i, 30) < 300 THEN MAP {'product_name': ['Amazon Simple S3', 'AWS Key Management Service'][1 + draw(i, 31) % 2]}
       WHEN draw(i, 30) < 500 THEN MAP {'product_name': ''} WHEN draw(i, 30) < 700 THEN MAP {'region': 'eu-west-1'}
       ELSE MAP {} END AS product
FROM range(20000) AS rows(i)
"""

TRUTH = {
    "unblended": {},
    "amortized": {
        "SavingsPlanCoveredUsage": "savings_plan_savings_plan_effective_cost",
        "SavingsPlanRecurringFee": "savings_plan_total_commitment_to_date - savings_plan_used_commitment",
        "SavingsPlanNegation": "0",
        "SavingsPlanUpfrontFee": "0",
        "DiscountedUsage": "reservation_effective_cost",
        "RIFee": "reservation_unused_amortized_upfront_fee_for_billing_period + reservation_unused_recurring_fee",
    },
    "net": {
        "SavingsPlanCoveredUsage": "savings_plan_net_savings_plan_effective_cost",
        "SavingsPlanRecurringFee": "savings_plan_total_commitment_to_date - savings_plan_used_commitment",
        "SavingsPlanNegation": "0",
        "SavingsPlanUpfrontFee": "0",
        "DiscountedUsage": "reservation_net_effective_cost",
        "RIFee": "reservation_net_unused_amortized_upfront_fee_for_billing_period + reservation_net_unused_recurring_fee",
    },
    "list": {},
}
PLAIN = {
    "unblended": "line_item_unblended_cost",
    "amortized": "line_item_unblended_cost",
    "net": "line_item_net_unblended_cost",
    "list": "pricing_public_on_demand_cost",
}
SERVICE = "coalesce(nullif(product['product_name'], ''), line_item_product_code)"
COLUMNS = {
    "service": SERVICE,
    "account": "line_item_usage_account_id",
    "region": "product_region_code",
    "category": "line_item_line_item_type",
    "usage_type": "line_item_usage_type",
    "resource": "line_item_resource_id",
    "pricing": "pricing_term",
    "day": "strftime(line_item_usage_start_date, '%Y-%m-%d')",
    "month": "billing_period",
    "tag:team": "resource_tags['user_team']",
    "tag:env": "resource_tags['user_env']",
}

db = duckdb.connect()
for statement in MADE.strip().split(";\n"):
    db.execute(statement)
db.execute(
    "CREATE TABLE billed AS SELECT *, date_trunc('month', line_item_usage_start_date)::timestamp AS bill_billing_period_start_date "
    "FROM report"
)
db.execute(f"COPY billed TO '{PARQUET}' (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 4096)")
db.execute("CREATE SCHEMA costs")
db.execute(
    "CREATE VIEW costs.report AS SELECT *, strftime(bill_billing_period_start_date, '%Y-%m') AS billing_period "
    f"FROM read_parquet('{PARQUET}')"
)


def qd(*words):
    command = [QD, "--config", str(CONFIG), "--data-dir", str(HOME / "data"), "costs", *words]
    return subprocess.run(command, env={**os.environ, "HOME": str(HOME)}, capture_output=True, text=True)


def near(a, b):
    a, b = decimal.Decimal(a), decimal.Decimal(b)
    return abs(a - b) <= max(abs(b) * decimal.Decimal("1e-6"), decimal.Decimal("1e-9"))


def same(what, found, truth):
    wrong = [key for key in found.keys() | truth.keys() if not near(found.get(key, 0), truth.get(key, 0))]
    check(what, found and not wrong, [(key, found.get(key), truth.get(key)) for key in wrong[:3]])


def cost(kind, metric, reserved):
    if kind == "Fee" and reserved and metric in ("amortized", "net"):
        return "0"
    return TRUTH[metric].get(kind, PLAIN[metric])


def direct(by, metric, condition="true"):
    """Each kind of line summed by its own rule, then put together."""
    keys = ", ".join(f"coalesce({COLUMNS[name]}, '')" for name in by.split(","))
    sums = {}
    kinds = db.execute(
        "SELECT DISTINCT line_item_line_item_type, reservation_reservation_a_r_n IS NOT NULL FROM costs.report"
    ).fetchall()
    for kind, reserved in kinds:
        rows = db.execute(
            f"SELECT {keys}, sum(cast({cost(kind, metric, reserved)} AS decimal(38, 12))) FROM costs.report "
            f"WHERE line_item_line_item_type = '{kind}' AND (reservation_reservation_a_r_n IS NOT NULL) = {reserved} "
            "AND coalesce(line_item_operation, '') NOT IN ('EKSPod-EC2', 'ECSTask-EC2') "
            f"AND {condition} GROUP BY ALL"
        ).fetchall()
        for row in rows:
            sums[row[:-1]] = sums.get(row[:-1], decimal.Decimal(0)) + decimal.Decimal(row[-1])
    return sums


SPAN = ["--from", "2026-03-01", "--to", "2026-05-01"]


def by_sql(by, metric, *words):
    done = qd("sql", *SPAN, "--by", by, "--metric", metric, *words)
    check(f"{by} {metric} {words} is a statement", done.returncode == 0, done.stderr)
    return {row[:-3]: decimal.Decimal(row[-2]) for row in db.execute(done.stdout).fetchall()}


def by_file(by, metric, *words):
    done = qd("--json", "breakdown", "--source", "files", *SPAN, "--by", by, "--metric", metric, *words)
    check(f"{by} {metric} {words} is answered from the file", done.returncode == 0, done.stderr)
    rows = json.loads(done.stdout)["rows"] if done.returncode == 0 else []
    return {tuple(row["key"]): decimal.Decimal(row["cost"]) for row in rows}


imported = qd("import", str(PARQUET))
check("the report is imported", imported.returncode == 0, imported.stderr)
for by in [*COLUMNS, "service,account,region", "month,tag:team,category", "day,usage_type"]:
    for metric in PLAIN:
        truth = direct(by, metric)
        same(f"the SQL by {by}, {metric}", by_sql(by, metric), truth)
        same(f"the file by {by}, {metric}", by_file(by, metric), truth)

for words, condition in [
    ("service:*ec2,*s3", f"({SERVICE} ILIKE '%ec2' OR {SERVICE} ILIKE '%s3')"),
    ("-category:Tax,Credit,Refund", "line_item_line_item_type NOT IN ('Tax', 'Credit', 'Refund')"),
    ('tag.team:""', "coalesce(resource_tags['user_team'], '') = ''"),
    ("region:eu-* resource:i-1*", "product_region_code LIKE 'eu-%' AND line_item_resource_id LIKE 'i-1%'"),
]:
    for by in ["service", "resource,day"]:
        truth = direct(by, "amortized", condition)
        same(f"the SQL by {by} where {words}", by_sql(by, "amortized", f"--filter={words}"), truth)
        same(f"the file by {by} where {words}", by_file(by, "amortized", f"--filter={words}"), truth)

for by in ["service", "month", "tag:team"]:
    files = by_sql(by, "amortized", "--parquet", str(PARQUET), "--kind", "cur2")
    same(f"the SQL over the file by {by}", files, direct(by, "amortized"))

for by in ["commitment", "class"]:
    refused = qd("sql", *SPAN, "--by", by)
    check(f"by {by} is refused", refused.returncode == 2 and "Cost and Usage Report" in refused.stderr, refused.stderr)

close()
