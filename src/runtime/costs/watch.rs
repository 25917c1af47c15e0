//! Exports that another process imports, corrects or deletes while the console is open: its figures are not left as they
//! were before.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::app::Msg;
use crate::cost::import;
use crate::runtime::inbox::Outbox;
use crate::runtime::stamp::{Stamp, stamp};

use super::Books;

/// How often the folder is looked at. An import of many months is told of once it has rested for as long.
const EVERY: Duration = Duration::from_secs(1);

pub async fn exports(books: Arc<Books>, out: Outbox) {
    let dir = import::dir(&books.paths.data_dir);
    let mut told = look(&dir).await;
    let mut last = told.clone();
    loop {
        tokio::time::sleep(EVERY).await;
        let now = look(&dir).await;
        if now == last && now != told {
            told.clone_from(&now);
            books.forget_files();
            out.send(Msg::ExportsChanged { any: !now.is_empty() });
        }
        last = now;
    }
}

async fn look(dir: &Path) -> Stamp {
    let dir = dir.to_owned();
    let looked = tokio::task::spawn_blocking(move || stamp(&dir, import::ENDING));
    looked.await.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Paths};
    use crate::runtime::inbox::Piece;

    #[tokio::test]
    async fn an_import_of_another_process_is_told_of_and_read() {
        let home = tempfile::tempdir().unwrap();
        let (_, cloud) = tokio::sync::watch::channel(None);
        let paths = Paths::below(home.path());
        let data_dir = paths.data_dir.clone();
        let books = Arc::new(Books::new(cloud, Config::default(), paths));
        let import = |day: &str| {
            let path = home.path().join("bill.csv");
            let text = format!("ChargePeriodStart,BilledCost,ServiceName\n{day},5,EC2\n");
            std::fs::write(&path, text).unwrap();
            let found = import::find(&path).unwrap();
            import::import(&found, &data_dir, jiff::Timestamp::now(), &mut |_| ()).unwrap();
        };
        import("2026-10-01");
        let before = books.files(None).await.ok().unwrap();
        let (sender, mut sent) = tokio::sync::mpsc::unbounded_channel();
        let watching = tokio::spawn(exports(books.clone(), Outbox::new(sender)));
        tokio::time::sleep(EVERY / 4).await;
        import("2026-11-01");
        let (_, piece) = tokio::time::timeout(EVERY * 60, sent.recv())
            .await
            .unwrap()
            .unwrap();
        assert!(matches!(piece, Piece::Msg(Msg::ExportsChanged { any: true })));
        let after = books.files(None).await.ok().unwrap();
        assert_eq!((before.months.len(), after.months.len()), (1, 2));
        std::fs::remove_dir_all(import::dir(&books.paths.data_dir)).unwrap();
        let (_, piece) = tokio::time::timeout(EVERY * 60, sent.recv())
            .await
            .unwrap()
            .unwrap();
        assert!(matches!(piece, Piece::Msg(Msg::ExportsChanged { any: false })));
        watching.abort();
    }
}
