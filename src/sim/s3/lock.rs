//! Object Lock: what protects a version, and who may still delete or shorten it. Facts: "How S3 Object Lock works" in
//! the S3 user guide.

use hyper::StatusCode;
use jiff::Timestamp;

use crate::sim::refusal::Refusal;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Governance,
    Compliance,
}

impl Mode {
    pub fn parse(text: &str) -> Option<Mode> {
        match text {
            "GOVERNANCE" => Some(Mode::Governance),
            "COMPLIANCE" => Some(Mode::Compliance),
            _ => None,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Mode::Governance => "GOVERNANCE",
            Mode::Compliance => "COMPLIANCE",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    pub mode: Mode,
    pub until: Timestamp,
}

/// What protects one version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    pub retention: Option<Retention>,
    pub hold: bool,
}

impl Lock {
    /// Whether the version may be deleted for good.
    pub fn allow_delete(&self, now: Timestamp, bypass: bool) -> Result<(), Refusal> {
        let kept = match self.retention.filter(|retention| retention.until > now) {
            Some(Retention {
                mode: Mode::Compliance,
                ..
            }) => true,
            Some(_) => !bypass,
            None => false,
        };
        if kept || self.hold {
            return Err(protected());
        }
        Ok(())
    }

    /// Compliance is only ever extended; governance is shortened by those who may bypass it.
    pub fn retain(&mut self, wanted: Retention, now: Timestamp, bypass: bool) -> Result<(), Refusal> {
        check_future(wanted.until, now)?;
        let weaker = |old: Retention| {
            wanted.until < old.until || (old.mode == Mode::Compliance && wanted.mode != Mode::Compliance)
        };
        match self.retention.filter(|old| old.until > now && weaker(*old)) {
            Some(old) if old.mode == Mode::Compliance || !bypass => Err(protected()),
            _ => {
                self.retention = Some(wanted);
                Ok(())
            }
        }
    }
}

pub fn check_future(until: Timestamp, now: Timestamp) -> Result<(), Refusal> {
    if until <= now {
        return Err(Refusal::new(
            "InvalidArgument",
            "The retain until date must be in the future!",
        ));
    }
    Ok(())
}

fn protected() -> Refusal {
    Refusal::new(
        "AccessDenied",
        "Access Denied because object protected by object lock.",
    )
    .with_status(StatusCode::FORBIDDEN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn compliance_yields_to_nobody_and_governance_to_those_who_may_bypass_it() {
        let lock = |mode| Lock {
            retention: Some(Retention { mode, until: at(100) }),
            hold: false,
        };
        assert!(lock(Mode::Compliance).allow_delete(at(50), true).is_err());
        assert!(lock(Mode::Governance).allow_delete(at(50), false).is_err());
        assert!(lock(Mode::Governance).allow_delete(at(50), true).is_ok());
        assert!(lock(Mode::Compliance).allow_delete(at(101), false).is_ok());
        let held = Lock {
            hold: true,
            ..Lock::default()
        };
        assert!(held.allow_delete(at(50), true).is_err());
    }

    #[test]
    fn compliance_can_be_extended_and_not_shortened() {
        let mut lock = Lock::default();
        let compliance = |second| Retention {
            mode: Mode::Compliance,
            until: at(second),
        };
        lock.retain(compliance(100), at(1), false).unwrap();
        lock.retain(compliance(200), at(1), false).unwrap();
        assert!(lock.retain(compliance(150), at(1), true).is_err());
        let governance = Retention {
            mode: Mode::Governance,
            until: at(300),
        };
        assert!(lock.retain(governance, at(1), true).is_err());
        assert!(lock.retain(compliance(1), at(1), true).is_err(), "the past");
    }
}
