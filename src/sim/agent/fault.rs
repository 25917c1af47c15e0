//! Trouble on a data channel, on demand and repeatable: lossy transport, closes, silence, odd service behaviour.
//!
//! Written as `name=value,…`; `HELP` describes every name. The dice are seeded, so a failing run can be had again.

use std::time::Duration;

/// One line per setting, for help texts.
pub const HELP: &str = "\
seed=7                    dice for the settings below
drop=0.1                  share of frames lost, in both directions
duplicate=0.1             share of frames sent twice, in both directions
reorder=0.1               share of frames that come after the next ones, in both directions
delay=30ms                every frame waits up to this long, in both directions
bye=5s                    the web socket closes with 1000 \"Bye\" this long after it opened
stall=5s                  the web socket goes silent, without closing, this long after it opened
pause=5s                  pause_publication this long after it opened
token=60s                 tokens are refused when older than this
digest=3                  every third output message has a wrong digest
plain_relay=1             channel_closed has the header of 116 bytes, not 112
no_publication=1          start_publication is not sent
refuse=3                  the first messages once a session is ready are neither taken nor acknowledged
no_resume=1               ResumeSession answers without a token
fail_resumes=3            the first calls of ResumeSession say that the credentials have expired
refuse_upgrades=3         the first web sockets of a session are answered with 503
close=5s                  the session is closed, with a text, this long after a web socket opened
handshake=1               shells shake hands as well
kms=1                     shells and commands are encrypted under alias/session-manager
require_challenge=1       the agent insists on the challenge in the key's context
tamper=3                  every third encrypted payload is changed, its digest is right
ack_delay=200ms           acknowledgements are sent this late
mute_acks=1               no message is ever acknowledged
idle=60s                  a session ends after this long without data (default 1200s); preferences say it in minutes";

/// What goes wrong. The default is nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Faults {
    pub seed: u64,
    pub drop: f64,
    pub duplicate: f64,
    pub reorder: f64,
    pub delay: Duration,
    pub bye_after: Option<Duration>,
    pub stall_after: Option<Duration>,
    pub pause_after: Option<Duration>,
    pub token_lasts: Option<Duration>,
    /// Every n-th output message has a wrong digest; 0 is never.
    pub wrong_digest: u32,
    pub plain_relay: bool,
    pub no_publication: bool,
    pub refuse_first: u32,
    pub refuse_resume: bool,
    pub fail_resumes: u32,
    pub refuse_upgrades: u32,
    pub close_after: Option<Duration>,
    pub handshake: bool,
    pub kms: bool,
    pub require_challenge: bool,
    /// Every n-th encrypted payload is changed; 0 is never.
    pub tamper: u32,
    pub ack_delay: Duration,
    pub mute_acks: bool,
    pub idle_for: Option<Duration>,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("fault `{setting}`: {says}")]
pub struct BadFault {
    pub setting: String,
    pub says: String,
}

impl Faults {
    /// Settings separated by commas; an empty text is no fault at all.
    pub fn parse(text: &str) -> Result<Self, BadFault> {
        let mut faults = Self::default();
        for setting in text.split(',').map(str::trim).filter(|each| !each.is_empty()) {
            setting
                .split_once('=')
                .ok_or_else(|| "expected NAME=VALUE".to_owned())
                .and_then(|(name, value)| faults.set(name.trim(), value.trim()))
                .map_err(|says| BadFault {
                    setting: setting.to_owned(),
                    says,
                })?;
        }
        Ok(faults)
    }

    /// Changes one setting; the error says what is allowed.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        match name {
            "seed" => self.seed = parse_count(value)?,
            "drop" => self.drop = parse_share(value)?,
            "duplicate" => self.duplicate = parse_share(value)?,
            "reorder" => self.reorder = parse_share(value)?,
            "delay" => self.delay = parse_span(value)?,
            "bye" => self.bye_after = Some(parse_span(value)?),
            "stall" => self.stall_after = Some(parse_span(value)?),
            "pause" => self.pause_after = Some(parse_span(value)?),
            "token" => self.token_lasts = Some(parse_span(value)?),
            "digest" => self.wrong_digest = parse_count(value)?,
            "plain_relay" => self.plain_relay = parse_switch(value)?,
            "no_publication" => self.no_publication = parse_switch(value)?,
            "refuse" => self.refuse_first = parse_count(value)?,
            "no_resume" => self.refuse_resume = parse_switch(value)?,
            "fail_resumes" => self.fail_resumes = parse_count(value)?,
            "refuse_upgrades" => self.refuse_upgrades = parse_count(value)?,
            "close" => self.close_after = Some(parse_span(value)?),
            "kms" => self.kms = parse_switch(value)?,
            "require_challenge" => self.require_challenge = parse_switch(value)?,
            "tamper" => self.tamper = parse_count(value)?,
            "ack_delay" => self.ack_delay = parse_span(value)?,
            "handshake" => self.handshake = parse_switch(value)?,
            "idle" => self.idle_for = Some(parse_span(value)?),
            "mute_acks" => self.mute_acks = parse_switch(value)?,
            _ => {
                let known: Vec<&str> = HELP.lines().filter_map(|line| line.split('=').next()).collect();
                return Err(format!("unknown, one of {}", known.join(", ")));
            }
        }
        Ok(())
    }

    pub(super) fn is_lossy(&self) -> bool {
        self.drop > 0.0 || self.duplicate > 0.0 || self.reorder > 0.0 || !self.delay.is_zero()
    }
}

fn parse_count<T: std::str::FromStr>(value: &str) -> Result<T, String> {
    value.parse().map_err(|_| "expected a whole number".to_owned())
}

fn parse_share(value: &str) -> Result<f64, String> {
    match value.parse::<f64>() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("expected a share from 0 to 1".to_owned()),
    }
}

fn parse_switch(value: &str) -> Result<bool, String> {
    match value {
        "1" | "true" | "yes" | "on" => Ok(true),
        "0" | "false" | "no" | "off" => Ok(false),
        _ => Err("expected 1 or 0".to_owned()),
    }
}

fn parse_span(value: &str) -> Result<Duration, String> {
    let (number, unit) = match value.strip_suffix("ms") {
        Some(number) => (number, 0.001),
        None => (value.strip_suffix('s').unwrap_or(value), 1.0),
    };
    number
        .parse::<f64>()
        .ok()
        .and_then(|number| Duration::try_from_secs_f64(number * unit).ok())
        .ok_or_else(|| "expected a span such as 50ms or 5s".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_of_the_help_is_understood_as_it_is_written_there() {
        for line in HELP.lines() {
            let setting = line.split_whitespace().next().unwrap();
            let faults = Faults::parse(setting).unwrap_or_else(|bad| panic!("{bad}"));
            assert_ne!(faults, Faults::default(), "{setting}");
        }
    }

    #[test]
    fn a_bad_setting_is_named_with_what_is_allowed() {
        assert_eq!(
            Faults::parse("drop=2").unwrap_err().to_string(),
            "fault `drop=2`: expected a share from 0 to 1"
        );
        assert!(Faults::parse("x=1").unwrap_err().says.contains("duplicate"));
        assert!(Faults::parse("bye=-1s").is_err() && Faults::parse("drop").is_err());
    }
}
