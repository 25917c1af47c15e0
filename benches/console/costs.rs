//! Costs from what is on this machine, thirteen months of sixty services, in a console that was just started: from the
//! panel's key, and from exec, to the table with its headline, its months compared and its bands.

use crate::bill;
use crate::figure::Spans;
use crate::rig::Console;
use std::time::Duration;

const RUNS: usize = 20;
const DAYS: u32 = 396;
const SERVICES: u32 = 60;
const BAR: Duration = Duration::from_millis(100);

pub fn measure() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("bill.csv");
    bill::write(&file, DAYS, SERVICES, SERVICES);
    bill::take_in(&file, &home.path().join(".local/share/quarterdeck"));
    let (mut opened, mut started) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let mut console = Console::start(home.path(), &[], &[]);
        console.wait("the first frame", |screen| screen.text().contains("Fleet"));
        let at = console.press("5");
        let shown = console.wait("the table", |screen| screen.text().contains("Service 5"));
        opened.push(shown - at);
        started.push(shown - console.started_at);
    }
    Spans::new(opened).print("costs from this machine: key to table", BAR);
    Spans::new(started).print("  the same from exec", BAR);
}
