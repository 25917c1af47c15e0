//! What a replay knows of its recordings besides their screens: activity and moments, read beside the replay; commands
//! and text, read once somebody asks for them.

use crate::recording::redaction::Rules;
use crate::recording::{Catalogue, Deck, Error, Overview, Query};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, TryRecvError};

pub(super) struct Score {
    catalogue: Catalogue,
    paths: Vec<PathBuf>,
    /// What is covered in commands.
    rules: Option<Arc<Rules>>,
    pub overview: Overview,
    coming: Option<Receiver<Result<Overview, Error>>>,
    has_commands: bool,
}

impl Score {
    pub fn new(catalogue: Catalogue, paths: Vec<PathBuf>, rules: Option<Arc<Rules>>) -> Score {
        Score {
            catalogue,
            paths,
            rules,
            overview: Overview::default(),
            coming: None,
            has_commands: false,
        }
    }

    /// Begins reading activity and moments.
    pub fn begin(&mut self, deck: &Deck) {
        let (paths, offsets, whole_us) = (self.paths.clone(), offsets(deck), deck.duration_us());
        let catalogue = self.catalogue.clone();
        let (sender, coming) = mpsc::channel();
        self.coming = Some(coming);
        std::thread::spawn(move || {
            // Nobody waits any more when the replay has ended.
            let _ = sender.send(overview(&catalogue, &paths, &offsets, whole_us, |_| {
                Ok(Vec::new())
            }));
        });
    }

    pub fn is_coming(&self) -> bool {
        self.coming.is_some()
    }

    /// Takes what has been read; true when there is something new.
    pub fn take(&mut self) -> Result<bool, Error> {
        let Some(coming) = &self.coming else {
            return Ok(false);
        };
        match coming.try_recv() {
            Ok(read) => {
                self.coming = None;
                if !self.has_commands {
                    self.overview = read?;
                }
                Ok(true)
            }
            Err(TryRecvError::Empty) => Ok(false),
            Err(TryRecvError::Disconnected) => {
                self.coming = None;
                Ok(false)
            }
        }
    }

    /// Makes sure that the commands are known.
    pub fn need_commands(&mut self, deck: &Deck) -> Result<(), Error> {
        if !self.has_commands {
            let catalogue = self.catalogue.clone();
            let load = |path: &PathBuf| Ok(catalogue.load(path)?.commands);
            self.overview = overview(
                &self.catalogue,
                &self.paths,
                &offsets(deck),
                deck.duration_us(),
                load,
            )?;
            if let Some(rules) = &self.rules {
                self.overview.cover(rules);
            }
            self.has_commands = true;
        }
        Ok(())
    }

    /// Where it was shown or run, in order.
    pub fn search(&self, deck: &Deck, query: &Query) -> Result<Vec<u64>, Error> {
        let mut hits = Vec::new();
        for (path, offset) in self.paths.iter().zip(offsets(deck)) {
            let found = self.catalogue.transcript(path)?.search(query);
            hits.extend(found.iter().map(|hit| hit.at_us.saturating_add(offset)));
        }
        hits.sort_unstable();
        hits.dedup();
        Ok(hits)
    }
}

fn offsets(deck: &Deck) -> Vec<u64> {
    deck.players().map(|(offset, _)| offset).collect()
}

fn overview(
    catalogue: &Catalogue,
    paths: &[PathBuf],
    offsets: &[u64],
    whole_us: u64,
    commands: impl Fn(&PathBuf) -> Result<Vec<crate::recording::Command>, Error>,
) -> Result<Overview, Error> {
    let mut whole: Option<Overview> = None;
    for (path, offset) in paths.iter().zip(offsets) {
        let next = Overview::read(&catalogue.reader(path)?, &commands(path)?, *offset, whole_us)?;
        match &mut whole {
            Some(whole) => whole.join(next),
            None => whole = Some(next),
        }
    }
    Ok(whole.unwrap_or_default())
}
