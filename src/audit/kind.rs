//! What can be recorded, and the code of each. Names are those that Teleport uses where the meaning is the
//! same, so that rules written for it match; codes are our own.

macro_rules! kinds {
    ($($kind:ident = $name:literal $code:literal,)*) => {
        /// The kind of an event.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Kind { $($kind,)* }

        impl Kind {
            pub const ALL: &'static [Kind] = &[$(Kind::$kind,)*];

            /// The `event` field.
            pub fn name(self) -> &'static str {
                match self { $(Kind::$kind => $name,)* }
            }

            /// The `code` field of a success; its last letter is the severity.
            pub fn code(self) -> &'static str {
                match self { $(Kind::$kind => $code,)* }
            }
        }
    };
}

kinds! {
    SessionStart = "session.start" "R2000I",
    SessionJoin = "session.join" "R2001I",
    SessionLeave = "session.leave" "R2003I",
    SessionEnd = "session.end" "R2004I",
    SessionUpload = "session.upload" "R2005I",
    SessionData = "session.data" "R2006I",
    SessionTerminate = "session.terminate" "R2008I",
    SessionRejected = "session.rejected" "R1006W",
    SessionCommand = "session.command" "R4000I",
    Disconnect = "client.disconnect" "R3006I",
    Resume = "client.resume" "R3007I",
    Port = "port" "R3003I",
    Exec = "exec" "R3002I",
    RecordingAccess = "session.recording.access" "R2012I",
    RecordingStart = "session.recording.start" "R2100I",
    RecordingStop = "session.recording.stop" "R2101I",
    RecordingGap = "session.recording.gap" "R2102W",
    RecordingFailed = "session.recording.failed" "R2103E",
    RecordingRecovered = "session.recording.recovered" "R2104W",
    RecordingMissing = "session.recording.missing" "R2105E",
    RecordingExported = "session.recording.exported" "R2106I",
    RecordingExpired = "session.recording.expired" "R2107I",
    RecordingHold = "session.recording.hold" "R2108I",
    RecordingImported = "session.recording.imported" "R2109I",
    Reconciled = "audit.reconcile" "R2110I",
    Checkpoint = "session.integrity.checkpoint" "R2200I",
    Verified = "session.integrity.verified" "R2201I",
    Tamper = "session.integrity.tamper" "R2202E",
    Recovered = "session.integrity.recovered" "R2203W",
    Witnessed = "session.integrity.witnessed" "R2204I",
    AlertMatch = "alert.match" "R6000W",
    NotifySent = "notify.sent" "R6001I",
    RunbookStart = "runbook.start" "R7000I",
    RunbookStep = "runbook.step" "R7001I",
    RunbookEnd = "runbook.end" "R7002I",
    CostQuery = "cost.query" "R7003I",
    Incident = "incident.update" "R7100I",
    KeyRotate = "key.rotate" "R8001I",
}

impl Kind {
    /// The code for an outcome: what fails is an error, whatever the letter of its success.
    pub(super) fn code_for(self, failed: bool) -> String {
        let code = self.code();
        if failed {
            format!("{}E", code.trim_end_matches(['I', 'W', 'E']))
        } else {
            code.to_string()
        }
    }
}

/// The `severity` field that belongs to a code.
pub(super) fn severity(code: &str) -> &'static str {
    match code.chars().last() {
        Some('E') => "error",
        Some('W') => "warning",
        _ => "info",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_kinds_share_a_name_or_a_code() {
        let names: BTreeSet<_> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        let codes: BTreeSet<_> = Kind::ALL.iter().map(|kind| kind.code()).collect();
        assert_eq!((names.len(), codes.len()), (Kind::ALL.len(), Kind::ALL.len()));
    }
}
