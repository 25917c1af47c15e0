//! Trouble on demand: latency, throttling and failing regions, written as `k=v,…`. The text is the same for
//! `qd sim --faults`, the demo and the tests; `HELP` describes it and a test keeps both together.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::refusal::Service;
use super::refused::Rule;
use super::ssm::Clock;
use super::{agent, ce, refused};

const S3_DEEDS: [&str; 5] = ["put", "get", "list", "versions", "delete"];

/// What `qd sim --help` says about the settings.
pub const HELP: &str = "\
latency=20ms              every reply waits (ms, s)
latency.REGION=5s         replies of one region wait
throttle.SERVICE=5        calls a second that an account may make to ec2, ssm, ce, sts, kms, ecs, s3, cloudtrail, athena, budgets,
                          elasticloadbalancing, monitoring, logs, compute-optimizer or cost-optimization-hub
fail.REGION=HOW           every call of one region fails; HOW is error (500), denied, expired, hang or drop
fail.SERVICE=HOW          every call of one service fails
fail.SERVICE.REGION=HOW   both
refuse.OPERATION=throttled@1-8  the first eight calls of one operation are refused: throttled or denied; without @ every call
refuse.OPERATION.MEMBER=denied  only those that have this member in a request of JSON
ce.page=100               rows on one page of Cost Explorer (default 1000)
ce.pages=7                every list of it has at least so many pages
ce.refuse=throttled@3-4   its third and fourth call is refused: throttled, changed, token, expired, nodata or denied;
                          without @ every call
ce.repeat=2               its second call brings the token that it came with
ce.now=2026-03-31T12:00:00Z  the bill stands at that moment instead of now
ce.history=38             months of monthly costs that it keeps (default 13)
ce.granular=on            costs by resource are turned on for the account (default off)
ce.members=off            accounts that do not pay may not look
ce.currency.ACCOUNT=EUR   that account is billed in another currency than USD
optimizer=off             no account is opted in to Compute Optimizer and the Cost Optimization Hub
athena.polls=3            how often a query of Athena is asked about before it ends (default 1)
s3.may=put+get            what identities may do in S3: put, get, list, versions, delete; default: all
clock=-600s               the simulator's clock differs from the real one
automation-step=200ms     the least that a step of an automation takes (default 1s, 20ms with --unpaced)
automation-rate=60        how many seconds of a document's sleeps and time limits pass in a real one (default 1)
cloudtrail.delay=600s     how long events take until they can be looked up (default 0s)
channel.NAME=VALUE        trouble on data channels: see below";

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// A 500 with an AWS body.
    Error,
    Denied,
    /// The credentials have expired.
    Expired,
    /// No answer, ever; the connection stays open.
    Hang,
    /// The connection closes without an answer.
    Drop,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Faults {
    latency: Duration,
    latency_of_region: HashMap<String, Duration>,
    per_second: HashMap<&'static str, u32>,
    failing: Vec<(Option<&'static str>, Option<String>, Failure)>,
    refused: Vec<Rule>,
    /// What goes wrong at Cost Explorer.
    pub ce: ce::Trouble,
    /// From a call until CloudTrail shows it.
    pub trail_delay: Duration,
    s3_may: Option<Vec<String>>,
    automation_step: Option<Duration>,
    automation_rate: Option<u32>,
    athena_polls: Option<u32>,
    /// Not even the first account is opted in to Compute Optimizer and the Cost Optimization Hub.
    pub no_optimizer: bool,
    /// Added to the real clock, in seconds.
    pub clock_seconds: i64,
    /// What goes wrong on data channels.
    pub channel: agent::Faults,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("fault `{setting}`: {says}")]
pub struct BadFault {
    pub setting: String,
    pub says: String,
}

impl Faults {
    /// Settings separated by commas; an empty text is no fault at all.
    pub fn parse(text: &str) -> Result<Faults, BadFault> {
        let mut faults = Faults::default();
        for setting in text
            .split(',')
            .map(str::trim)
            .filter(|setting| !setting.is_empty())
        {
            faults.set(setting).map_err(|says| BadFault {
                setting: setting.to_owned(),
                says,
            })?;
        }
        Ok(faults)
    }

    fn set(&mut self, setting: &str) -> Result<(), String> {
        let (name, value) = setting.split_once('=').ok_or("expected NAME=VALUE")?;
        let parts: Vec<&str> = name.trim().split('.').collect();
        let value = value.trim();
        match parts[..] {
            ["latency"] => self.latency = parse_span(value)?,
            ["latency", region] => {
                self.latency_of_region
                    .insert(region.to_owned(), parse_span(value)?);
            }
            ["throttle", service] => {
                let service = Service::parse(service).ok_or(
                    "the services are ec2, ssm, ce, sts, kms, ecs, s3, cloudtrail, athena, budgets, elasticloadbalancing, monitoring, logs, rds, autoscaling, acm, compute-optimizer, cost-optimization-hub and ec2-instance-connect",
                )?;
                let rate = value
                    .parse()
                    .map_err(|_| "expected calls per second, as in throttle.ec2=5")?;
                self.per_second.insert(service.name(), rate);
            }
            ["fail", place] => {
                let service = Service::parse(place);
                let region = service.is_none().then(|| place.to_owned());
                self.failing
                    .push((service.map(Service::name), region, parse_failure(value)?));
            }
            ["fail", service, region] => {
                let service = Service::parse(service).ok_or(
                    "the services are ec2, ssm, ce, sts, kms, ecs, s3, cloudtrail, athena, budgets, elasticloadbalancing, monitoring, logs, rds, autoscaling, acm, compute-optimizer, cost-optimization-hub and ec2-instance-connect",
                )?;
                self.failing.push((
                    Some(service.name()),
                    Some(region.to_owned()),
                    parse_failure(value)?,
                ));
            }
            ["refuse", operation] => self.refused.push(Rule::parse(operation, None, value)?),
            ["refuse", operation, member] => {
                self.refused.push(Rule::parse(operation, Some(member), value)?);
            }
            ["ce", name] => self.ce.set(name, None, value)?,
            ["ce", name, of] => self.ce.set(name, Some(of), value)?,
            ["athena", "polls"] => {
                self.athena_polls = Some(value.parse().map_err(|_| "expected a number of polls")?);
            }
            ["optimizer"] => {
                self.no_optimizer = match value {
                    "on" => false,
                    "off" => true,
                    _ => return Err("expected on or off".to_owned()),
                };
            }
            ["s3", "may"] => {
                let words: Vec<String> = value.split('+').map(str::to_owned).collect();
                if words.iter().any(|word| !S3_DEEDS.contains(&word.as_str())) {
                    return Err("expected put, get, list, versions and delete, joined by +".to_owned());
                }
                self.s3_may = Some(words);
            }
            ["clock"] => {
                let (sign, span) = match value.strip_prefix('-') {
                    Some(span) => (-1, span),
                    None => (1, value.strip_prefix('+').unwrap_or(value)),
                };
                self.clock_seconds =
                    sign * i64::try_from(parse_span(span)?.as_secs()).map_err(|e| e.to_string())?;
            }
            ["automation-step"] => self.automation_step = Some(parse_span(value)?),
            ["automation-rate"] => {
                let rate = value.parse().ok().filter(|rate| (1..=1_000_000).contains(rate));
                self.automation_rate =
                    Some(rate.ok_or("expected a number from 1 on, as in automation-rate=60")?);
            }
            ["cloudtrail", "delay"] => self.trail_delay = parse_span(value)?,
            ["channel", name] => self.channel.set(name, value)?,
            _ => return Err("no such setting; see `qd sim --help`".to_owned()),
        }
        Ok(())
    }

    pub fn latency(&self, region: &str) -> Duration {
        self.latency_of_region
            .get(region)
            .copied()
            .unwrap_or(self.latency)
    }

    pub fn failure(&self, service: Service, region: &str) -> Option<Failure> {
        let hit = self.failing.iter().find(|(in_service, in_region, _)| {
            in_service.is_none_or(|name| name == service.name())
                && in_region.as_deref().is_none_or(|name| name == region)
        });
        hit.map(|(_, _, failure)| *failure)
    }

    /// Why a call of this operation is refused. Calls are counted.
    pub fn refusal(&self, operation: &str, body: &[u8]) -> Option<refused::Why> {
        self.refused.iter().find_map(|rule| rule.refusal(operation, body))
    }

    /// How fast automations go; slow enough to be watched where agents have their pauses.
    pub fn automation_clock(&self, paced: bool) -> Clock {
        let usual = Duration::from_millis(if paced { 1_000 } else { 20 });
        Clock {
            step: self.automation_step.unwrap_or(usual),
            rate: self.automation_rate.unwrap_or(1),
        }
    }

    /// How often a query is asked about before it has ended.
    pub fn athena_polls(&self) -> u32 {
        self.athena_polls.unwrap_or(1)
    }

    /// Whether identities may do that in S3.
    pub fn may_s3(&self, deed: &str) -> bool {
        self.s3_may
            .as_ref()
            .is_none_or(|may| may.iter().any(|word| word == deed))
    }
}

fn parse_failure(text: &str) -> Result<Failure, String> {
    match text {
        "error" | "500" => Ok(Failure::Error),
        "denied" => Ok(Failure::Denied),
        "expired" => Ok(Failure::Expired),
        "hang" => Ok(Failure::Hang),
        "drop" => Ok(Failure::Drop),
        _ => Err("expected error, denied, expired, hang or drop".to_owned()),
    }
}

fn parse_span(text: &str) -> Result<Duration, String> {
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let number: u64 = digits.parse().map_err(|_| "expected a span such as 20ms or 5s")?;
    match unit {
        "ms" => Ok(Duration::from_millis(number)),
        "s" => Ok(Duration::from_secs(number)),
        _ => Err("expected a span with its unit, such as 20ms or 5s".to_owned()),
    }
}

/// Token buckets, one for each account and service, holding one second's worth of calls.
#[derive(Default)]
pub struct Limiter(Mutex<HashMap<(usize, &'static str), Bucket>>);

struct Bucket {
    calls_left: f64,
    filled_at: Instant,
}

impl Limiter {
    /// Whether this call is still within the rate.
    pub fn admit(&self, faults: &Faults, account: usize, service: Service) -> bool {
        let Some(&rate) = faults.per_second.get(service.name()) else {
            return true;
        };
        let (rate, now) = (f64::from(rate), Instant::now());
        let mut buckets = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let bucket = buckets.entry((account, service.name())).or_insert(Bucket {
            calls_left: rate,
            filled_at: now,
        });
        let gained = now.duration_since(bucket.filled_at).as_secs_f64() * rate;
        bucket.calls_left = (bucket.calls_left + gained).min(rate);
        bucket.filled_at = now;
        let admitted = bucket.calls_left >= 1.0;
        if admitted {
            bucket.calls_left -= 1.0;
        }
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_as_the_help_describes_them() {
        let text = HELP
            .replace("REGION", "eu-west-1")
            .replace("SERVICE", "ssm")
            .replace("HOW", "denied")
            .replace("NAME=VALUE", "drop=0.1");
        let settings: Vec<&str> = text
            .lines()
            .filter_map(|line| line.split_whitespace().next())
            .filter(|setting| setting.contains('='))
            .collect();
        let faults = Faults::parse(&settings.join(",")).unwrap();
        assert_eq!(faults.latency("us-east-1"), Duration::from_millis(20));
        assert_eq!(faults.latency("eu-west-1"), Duration::from_secs(5));
        assert_eq!(faults.failure(Service::Ssm, "us-east-1"), Some(Failure::Denied));
        assert_eq!(faults.failure(Service::Ec2, "eu-west-1"), Some(Failure::Denied));
        assert_eq!(faults.failure(Service::Ec2, "us-east-1"), None);
        assert_eq!(faults.ce.page_rows(1_000_000), 100);
        assert_eq!(faults.ce.page_rows(70), 10);
        assert!(faults.ce.refusal(3, "x").is_some() && faults.ce.refusal(5, "x").is_none());
        assert_eq!(faults.clock_seconds, -600);
        assert_eq!(faults.trail_delay, Duration::from_secs(600));
        assert_eq!(faults.automation_clock(true).rate, 60);
        assert_eq!(faults.automation_clock(true).step, Duration::from_millis(200));
        assert_eq!(faults.refusal("MEMBER", b""), None);
        assert_eq!(faults.refusal("OPERATION", b""), Some(refused::Why::Throttled));
        assert!(faults.may_s3("put") && !faults.may_s3("delete"));
        assert_eq!(faults.channel.drop, 0.1);
    }

    #[test]
    fn a_wrong_setting_is_named() {
        for text in [
            "latency=fast",
            "latency=20",
            "throttle.sqs=1",
            "fail.ec2.x=explode",
            "nonsense=1",
            "latency",
            "ce.page=0",
            "ce.refuse=sometimes",
            "ce.history=20",
            "automation-rate=0",
            "refuse.GetX=late",
            "refuse.GetX=denied@x",
        ] {
            let bad = Faults::parse(&format!("latency=1ms,{text}")).unwrap_err();
            assert_eq!(bad.setting, text);
        }
        assert_eq!(Faults::parse(""), Ok(Faults::default()));
    }

    #[test]
    fn calls_above_the_rate_are_not_admitted() {
        let faults = Faults::parse("throttle.ec2=3").unwrap();
        let limiter = Limiter::default();
        let admitted = (0..10)
            .filter(|_| limiter.admit(&faults, 0, Service::Ec2))
            .count();
        assert!((3..=4).contains(&admitted), "{admitted}");
        assert!(limiter.admit(&faults, 1, Service::Ec2));
        assert!(limiter.admit(&faults, 0, Service::Ssm));
    }
}
