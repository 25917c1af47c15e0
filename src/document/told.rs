//! What came of a word to an automation, in a sentence: AWS took it, and that is all that is known yet.

use crate::aws::Signal;

/// `called` is the automation, as people know it.
pub fn told(signal: &Signal, called: &str) -> String {
    match signal {
        Signal::Approve { .. } => format!("AWS took your approval of {called}"),
        Signal::Reject { .. } => format!("AWS took your rejection of {called}: the step that waited fails"),
        Signal::Revoke { .. } => format!("AWS took back your approval of {called}"),
        Signal::StartStep { step } => format!("AWS begins {step} of {called}"),
        Signal::StopStep { step, .. } => format!("AWS stops {step} of {called}"),
        Signal::Resume { step } => format!("AWS lets {called} go on behind {step}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_says_what_it_did_to_which_automation() {
        let (comment, step) = (String::new(), "wait".to_owned());
        for (signal, says) in [
            (
                Signal::Approve {
                    comment: comment.clone(),
                },
                "AWS took your approval of Shop-Restart",
            ),
            (
                Signal::Revoke { comment },
                "AWS took back your approval of Shop-Restart",
            ),
            (
                Signal::StartStep { step: step.clone() },
                "AWS begins wait of Shop-Restart",
            ),
            (
                Signal::Resume { step: step.clone() },
                "AWS lets Shop-Restart go on behind wait",
            ),
            (
                Signal::StopStep { id: "1".into(), step },
                "AWS stops wait of Shop-Restart",
            ),
        ] {
            assert_eq!(told(&signal, "Shop-Restart"), says);
        }
    }
}
