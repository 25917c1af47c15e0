//! A thread of its own for each session. Its recorder writes before anything is shown, and a disk that does not answer
//! stops the thread it is asked from: that must be nobody else's, least of all the data channel's.

use std::io;

use tokio::runtime::Builder;
use tokio::sync::oneshot;

/// A thread that waits for what it shall drive; without that it ends.
pub(super) struct Thread<F>(oneshot::Sender<F>);

impl<F: Future<Output = ()> + Send + 'static> Thread<F> {
    pub fn start() -> io::Result<Thread<F>> {
        let runtime = Builder::new_current_thread().enable_time().build()?;
        let (give, given) = oneshot::channel();
        let drive = move || {
            runtime.block_on(async {
                if let Ok(work) = given.await {
                    work.await;
                }
            });
        };
        std::thread::Builder::new().name("session".into()).spawn(drive)?;
        Ok(Thread(give))
    }

    pub fn drive(self, work: F) {
        // It waits for nothing else, so it is there.
        let _ = self.0.send(work);
    }
}
