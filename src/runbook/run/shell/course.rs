//! How the end of a script is judged: by what its shell says of itself, and by what is proven of it.

use tokio::time::Instant;

use super::super::output::KEPT;
use super::{How, Stop};

/// A script under way.
pub(super) struct Course {
    pub has_begun: bool,
    pub stopped: Stop,
    /// Its time was up here.
    pub is_late: bool,
    /// From then on the far end has sent it TERM by itself; `None` for a shell here.
    pub far_until: Option<Instant>,
    /// The code with which the shell says that it ends. A script could say it too.
    pub left: Option<i32>,
    /// Whoever waited for the shell at the far end has told that it is gone.
    pub is_gone: bool,
    /// What was heard behind that: of a script that lied, or of the shell around the one that ended.
    behind: Vec<u8>,
}

impl Course {
    pub fn new(far_until: Option<Instant>) -> Course {
        Course {
            has_begun: false,
            stopped: Stop::No,
            is_late: false,
            far_until,
            left: None,
            is_gone: false,
            behind: Vec::new(),
        }
    }

    /// The end with a code.
    pub fn how(&self, code: i32) -> How {
        /// As shells tell that TERM ended something, or KILL.
        const ENDED: [i32; 2] = [143, 137];
        let is_over = self.far_until.is_some_and(|until| Instant::now() >= until);
        match (self.stopped, self.is_late) {
            (Stop::Soon | Stop::Now, _) => How::Stopped,
            (_, true) => How::TimedOut,
            _ if is_over && ENDED.contains(&code) => How::TimedOut,
            _ => How::Exited(code),
        }
    }

    /// The end of a shell that is gone, or of which nothing more is heard: `code` is known of it where it has one. That a far
    /// one has ended is only so where it was told.
    pub fn gone(&self, code: Option<i32>, says: String) -> How {
        let is_told = self.far_until.is_none() || self.is_gone;
        match (code, self.stopped, self.is_late) {
            (Some(code), ..) => self.how(code),
            (None, Stop::No, false) if !is_told => How::Unseen(says),
            (None, Stop::No, false) => How::Lost(says),
            (None, Stop::No, true) => How::TimedOut,
            (None, ..) => How::Stopped,
        }
    }

    /// Output that is the script's for certain; the rest waits for what comes to light.
    pub fn hear(&mut self, bytes: Vec<u8>) -> Option<Vec<u8>> {
        if self.left.is_none() || self.far_until.is_none() {
            return Some(bytes);
        }
        self.behind.extend(bytes);
        (self.behind.len() > KEPT).then(|| self.behind())
    }

    /// What has waited.
    pub fn behind(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.behind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_far_shell_that_nobody_told_the_end_of_was_lost_sight_of() {
        let far = || Course::new(Some(Instant::now() + std::time::Duration::from_secs(60)));
        let gone = |course: &Course, code| course.gone(code, "why".into());
        assert_eq!(gone(&far(), None), How::Unseen("why".into()));
        assert_eq!(gone(&far(), Some(3)), How::Exited(3));
        let told = Course {
            is_gone: true,
            ..far()
        };
        assert_eq!(gone(&told, None), How::Lost("why".into()));
        assert_eq!(gone(&Course::new(None), None), How::Lost("why".into()));
        let stopped = Course {
            stopped: Stop::Now,
            ..far()
        };
        assert_eq!(gone(&stopped, None), How::Stopped);
    }
}
