//! How an instance of a run stands, in few words and one colour: what needs an eye comes first.

use crate::ui::Role;

/// In the order in which they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stand {
    Failed,
    /// Cancelled, or ended by a limit.
    Stopped,
    Running,
    Waiting,
    /// No agent is online: it was not asked.
    Away,
    Good,
}

impl Stand {
    pub const ALL: [Stand; 6] = [
        Stand::Failed,
        Stand::Stopped,
        Stand::Running,
        Stand::Waiting,
        Stand::Away,
        Stand::Good,
    ];

    /// From AWS's status details, or our own.
    pub fn of(status: &str) -> Stand {
        match status {
            "Success" => Stand::Good,
            "Pending" | "Delayed" => Stand::Waiting,
            "InProgress" | "Cancelling" => Stand::Running,
            "Cancelled" | "Canceled" | "Terminated" => Stand::Stopped,
            "NotConnected" => Stand::Away,
            _ => Stand::Failed,
        }
    }

    pub fn is_over(self) -> bool {
        !matches!(self, Stand::Running | Stand::Waiting)
    }

    pub fn role(self) -> Role {
        match self {
            Stand::Failed => Role::Bad,
            Stand::Stopped => Role::Warn,
            Stand::Running => Role::Info,
            Stand::Waiting => Role::Dim,
            Stand::Away => Role::Faint,
            Stand::Good => Role::Good,
        }
    }

    pub fn mark(self) -> &'static str {
        match self {
            Stand::Failed => "✗",
            Stand::Stopped => "■",
            Stand::Running => "●",
            Stand::Waiting => "·",
            Stand::Away => "○",
            Stand::Good => "✓",
        }
    }

    /// Beside a count.
    pub fn word(self) -> &'static str {
        match self {
            Stand::Failed => "failed",
            Stand::Stopped => "cancelled",
            Stand::Running => "running",
            Stand::Waiting => "waiting",
            Stand::Away => "not online",
            Stand::Good => "succeeded",
        }
    }
}

/// A status as a person says it.
pub fn says(status: &str) -> &str {
    match status {
        "Success" => "success",
        "Failed" => "failed",
        "Pending" => "waiting",
        "Delayed" => "delayed",
        "InProgress" => "running",
        "Cancelling" => "cancelling",
        "Cancelled" | "Canceled" => "cancelled",
        "Terminated" => "left out",
        "ExecutionTimedOut" => "timed out",
        "DeliveryTimedOut" => "not fetched",
        "Undeliverable" => "undelivered",
        "NotConnected" => "not online",
        "NotSent" => "not sent",
        "Unknown" => "unknown",
        other => other,
    }
}
