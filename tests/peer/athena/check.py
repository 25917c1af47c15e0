"""What DuckDB makes of the SQL that `qd costs sql` prints for Athena, over a real FOCUS file.

Usage: check.py QD PARQUET ORACLE. The statement is run as it is printed: `costs.focus` is a view of the file with the
partition column that a registered export has. Each answer is compared with DuckDB's own for the same question, and the
groupings of the oracle with its totals.
"""

import decimal
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import duckdb

QD, PARQUET, ORACLE = sys.argv[1], sys.argv[2], json.loads(pathlib.Path(sys.argv[3]).read_text())
scratch = tempfile.TemporaryDirectory()
HOME = pathlib.Path(scratch.name)
CONFIG = HOME / "config.toml"
ATHENA = '[costs.athena]\ndatabase = "costs"\ntable = "focus"\nkind = "focus"\n'
CONFIG.write_text(ATHENA)
passed, failed = 0, 0


def check(what, holds, says=""):
    global passed, failed
    if holds:
        passed += 1
    else:
        failed += 1
        print(f"FAILED: {what} {says}")


db = duckdb.connect()
db.execute("CREATE SCHEMA costs")
db.execute(
    "CREATE VIEW costs.focus AS SELECT *, strftime(BillingPeriodStart, '%Y-%m') AS billing_period "
    f"FROM read_parquet('{PARQUET}')"
)
FROM, TO = db.execute(
    "SELECT min(ChargePeriodStart)::date::varchar, (max(ChargePeriodStart)::date + 1)::varchar FROM costs.focus"
).fetchone()


def ask(by, *words, start=FROM, end=TO):
    command = [QD, "--config", str(CONFIG), "costs", "sql", "--from", start, "--to", end, "--by", by, *words]
    done = subprocess.run(command, env={**os.environ, "HOME": str(HOME)}, capture_output=True, text=True)
    check(f"{by} {words} is a statement", done.returncode == 0, done.stderr)
    rows = db.execute(done.stdout).fetchall()
    return {row[:-3]: decimal.Decimal(row[-2]) for row in rows}


def same(what, found, truth):
    wrong = [key for key in found.keys() | truth.keys() if not near(found.get(key, 0), truth.get(key, 0))]
    check(what, found and not wrong, str([(key, found.get(key), truth.get(key)) for key in wrong[:3]]))


def near(a, b):
    a, b = decimal.Decimal(a), decimal.Decimal(b)
    return abs(a - b) <= max(abs(b) * decimal.Decimal("1e-6"), decimal.Decimal("1e-9"))


COLUMNS = {
    "service": "ServiceName",
    "account": "SubAccountId",
    "region": "RegionId",
    "category": "ChargeCategory",
    "usage_type": "x_UsageType",
    "resource": "ResourceId",
    "day": "strftime(ChargePeriodStart, '%Y-%m-%d')",
    "month": "strftime(BillingPeriodStart, '%Y-%m')",
    "pricing": "PricingCategory",
    "commitment": "CommitmentDiscountStatus",
    "class": "ChargeClass",
    "tag:team": "Tags['team']",
    "tag:env": "Tags['env']",
}
METRICS = {
    "unblended": "BilledCost",
    "amortized": "EffectiveCost",
    "net": "EffectiveCost",
    "list": "ListCost",
}


def direct(by, metric, condition="true", start=FROM, end=TO):
    keys = [f"coalesce({COLUMNS[name]}, '')" for name in by.split(",")]
    rows = db.execute(
        f"SELECT {', '.join(keys)}, sum(cast({METRICS[metric]} AS decimal(38, 12))) FROM costs.focus "
        f"WHERE ChargePeriodStart::date >= '{start}' AND ChargePeriodStart::date < '{end}' AND {condition} GROUP BY ALL"
    ).fetchall()
    return {row[:-1]: row[-1] for row in rows}


groupings = [
    *COLUMNS,
    "service,account",
    "service,account,region",
    "tag:team,service,month",
    "service,account,region,category,usage_type",
    "day,tag:env,tag:team,category",
]
for by in groupings:
    for metric in METRICS:
        same(f"by {by}, {metric}", ask(by, "--metric", metric), direct(by, metric))

MONTHS = {"start": "2026-02-01", "end": "2026-05-17"}
for words, condition in [
    ("service:*compute*,*storage*", "(ServiceName ILIKE '%compute%' OR ServiceName ILIKE '%storage%')"),
    ("-category:Tax,Credit", "ChargeCategory NOT IN ('Tax', 'Credit')"),
    ('tag.team:""', "coalesce(Tags['team'], '') = ''"),
    ("-region:us-* category:usage", "coalesce(RegionId, '') NOT LIKE 'us-%' AND ChargeCategory = 'Usage'"),
    ("-tag.env:prod", "coalesce(Tags['env'], '') <> 'prod'"),
]:
    for by in ["service", "tag:team,day", "account,region"]:
        found = ask(by, f"--filter={words}", start=MONTHS["start"], end=MONTHS["end"])
        same(f"by {by} where {words}", found, direct(by, "unblended", condition, **MONTHS))

for evil in ["x' OR '1'='1", "'; DROP VIEW costs.focus; --", "%", "_", "\\", "a'b%c_d\\e"]:
    found = ask("service", f'--filter=service:"{evil}"')
    check(f"a value {evil!r} matches itself only", sum(found.values()) == 0 and not found, str(found))
check("the table is still there", db.execute("SELECT count(*) FROM costs.focus").fetchone()[0] > 100_000)

file = next(entry for entry in ORACLE["files"] if entry["file"].endswith("14mo.parquet"))
ORACLES = {
    "by_service": ("service", "ServiceName"),
    "by_charge_category": ("category", "ChargeCategory"),
    "by_sub_account": ("account", "SubAccountId"),
    "by_region": ("region", "RegionId"),
    "by_month": ("month", "month"),
}
for name, (by, column) in ORACLES.items():
    if name not in file:
        continue
    truth = {(row[column] or "",): decimal.Decimal(row["BilledCost"]) for row in file[name]}
    same(f"the oracle's {name}", ask(by), truth)

# The same without a table: the file itself, and nothing configured.
CONFIG.write_text("")
for by in ["service", "month", "tag:team", "tag:env,day"]:
    same(f"by {by} over the file", ask(by, "--parquet", PARQUET), direct(by, "unblended"))
CONFIG.write_text(ATHENA)

# A bill of months later takes some of a day's charge back.
db.execute(
    "CREATE OR REPLACE VIEW costs.focus AS SELECT *, strftime(BillingPeriodStart, '%Y-%m') AS billing_period FROM ("
    f"FROM read_parquet('{PARQUET}') UNION ALL (SELECT * REPLACE ("
    "-40.0 AS BilledCost, -40.0 AS EffectiveCost, BillingPeriodStart + INTERVAL 3 MONTH AS BillingPeriodStart) "
    f"FROM read_parquet('{PARQUET}') WHERE ChargePeriodStart::date = '2026-03-10' AND ChargeCategory = 'Usage' LIMIT 1))"
)
for by in ["service", "day", "account,region"]:
    found = ask(by, **MONTHS)
    same(f"by {by} with a late correction", found, direct(by, "unblended", **MONTHS))
    found = ask(by, start="2026-03-10", end="2026-03-11")
    same(f"by {by} of the day that was corrected", found, direct(by, "unblended", start="2026-03-10", end="2026-03-11"))

print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
