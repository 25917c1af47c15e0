//! Every word that AWS has for how an automation or a step of it stands. A word that is new is kept and shown as it came.

use std::fmt;

/// How an automation, or one of its steps, stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Status {
    #[default]
    Pending,
    InProgress,
    Waiting,
    Success,
    TimedOut,
    Cancelling,
    Cancelled,
    Failed,
    PendingApproval,
    Approved,
    Rejected,
    Scheduled,
    RunbookInProgress,
    PendingChangeCalendarOverride,
    ChangeCalendarOverrideApproved,
    ChangeCalendarOverrideRejected,
    CompletedWithSuccess,
    CompletedWithFailure,
    Exited,
    /// A word of AWS that came after this was written.
    Unknown(String),
}

impl Status {
    pub fn parse(word: &str) -> Status {
        let known = Status::KNOWN.iter().find(|known| known.word() == word);
        known.cloned().unwrap_or_else(|| Status::Unknown(word.to_owned()))
    }

    pub const KNOWN: [Status; 19] = [
        Status::Pending,
        Status::InProgress,
        Status::Waiting,
        Status::Success,
        Status::TimedOut,
        Status::Cancelling,
        Status::Cancelled,
        Status::Failed,
        Status::PendingApproval,
        Status::Approved,
        Status::Rejected,
        Status::Scheduled,
        Status::RunbookInProgress,
        Status::PendingChangeCalendarOverride,
        Status::ChangeCalendarOverrideApproved,
        Status::ChangeCalendarOverrideRejected,
        Status::CompletedWithSuccess,
        Status::CompletedWithFailure,
        Status::Exited,
    ];

    /// AWS's own word.
    pub fn word(&self) -> &str {
        match self {
            Status::Pending => "Pending",
            Status::InProgress => "InProgress",
            Status::Waiting => "Waiting",
            Status::Success => "Success",
            Status::TimedOut => "TimedOut",
            Status::Cancelling => "Cancelling",
            Status::Cancelled => "Cancelled",
            Status::Failed => "Failed",
            Status::PendingApproval => "PendingApproval",
            Status::Approved => "Approved",
            Status::Rejected => "Rejected",
            Status::Scheduled => "Scheduled",
            Status::RunbookInProgress => "RunbookInProgress",
            Status::PendingChangeCalendarOverride => "PendingChangeCalendarOverride",
            Status::ChangeCalendarOverrideApproved => "ChangeCalendarOverrideApproved",
            Status::ChangeCalendarOverrideRejected => "ChangeCalendarOverrideRejected",
            Status::CompletedWithSuccess => "CompletedWithSuccess",
            Status::CompletedWithFailure => "CompletedWithFailure",
            Status::Exited => "Exited",
            Status::Unknown(word) => word,
        }
    }

    /// As a person says it.
    pub fn says(&self) -> &str {
        match self {
            Status::Pending => "not begun",
            Status::InProgress | Status::RunbookInProgress => "running",
            Status::Waiting => "waiting",
            Status::Success | Status::CompletedWithSuccess => "done",
            Status::TimedOut => "timed out",
            Status::Cancelling => "cancelling",
            Status::Cancelled => "cancelled",
            Status::Failed => "failed",
            Status::PendingApproval => "wants approval",
            Status::Approved => "approved",
            Status::Rejected => "rejected",
            Status::Scheduled => "scheduled",
            Status::PendingChangeCalendarOverride => "calendar is closed",
            Status::ChangeCalendarOverrideApproved => "calendar overridden",
            Status::ChangeCalendarOverrideRejected => "calendar override refused",
            Status::CompletedWithFailure => "done, with failures",
            Status::Exited => "left",
            Status::Unknown(word) => word,
        }
    }

    /// Whether nothing more happens. A word that is not known may still go on.
    pub fn is_over(&self) -> bool {
        match self {
            Status::Success
            | Status::TimedOut
            | Status::Cancelled
            | Status::Failed
            | Status::Rejected
            | Status::CompletedWithSuccess
            | Status::CompletedWithFailure
            | Status::ChangeCalendarOverrideRejected
            | Status::Exited => true,
            Status::Pending
            | Status::InProgress
            | Status::Waiting
            | Status::Cancelling
            | Status::PendingApproval
            | Status::Approved
            | Status::Scheduled
            | Status::RunbookInProgress
            | Status::PendingChangeCalendarOverride
            | Status::ChangeCalendarOverrideApproved
            | Status::Unknown(_) => false,
        }
    }

    pub fn is_success(&self) -> bool {
        matches!(
            self,
            Status::Success | Status::CompletedWithSuccess | Status::Approved
        )
    }

    /// Whether a person is waited for.
    pub fn wants_somebody(&self) -> bool {
        matches!(
            self,
            Status::Waiting | Status::PendingApproval | Status::PendingChangeCalendarOverride
        )
    }
}

impl fmt::Display for Status {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.word())
    }
}

impl serde::Serialize for Status {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.word())
    }
}

/// Whether it waits for a word before each step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    #[default]
    Auto,
    Interactive,
    Unknown(String),
}

impl Mode {
    pub fn parse(word: &str) -> Mode {
        match word {
            "Auto" => Mode::Auto,
            "Interactive" => Mode::Interactive,
            other => Mode::Unknown(other.to_owned()),
        }
    }

    pub fn word(&self) -> &str {
        match self {
            Mode::Auto => "Auto",
            Mode::Interactive => "Interactive",
            Mode::Unknown(word) => word,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ssm::types::{AutomationExecutionStatus, ExecutionMode};

    #[test]
    fn every_word_of_the_model_is_known_and_rendered() {
        for word in AutomationExecutionStatus::values() {
            let status = Status::parse(word);
            assert!(!matches!(status, Status::Unknown(_)), "{word}");
            assert_eq!(status.word(), *word);
            assert!(!status.says().is_empty());
        }
        assert_eq!(AutomationExecutionStatus::values().len(), Status::KNOWN.len());
        for word in ExecutionMode::values() {
            assert_eq!(Mode::parse(word).word(), *word);
        }
    }

    #[test]
    fn a_new_word_is_shown_as_it_came_and_goes_on() {
        let status = Status::parse("Pondering");
        assert_eq!((status.says(), status.is_over()), ("Pondering", false));
    }
}
