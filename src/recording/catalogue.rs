//! The text of every recording, kept beside them in `index` so that a search need not replay them. Derived: whatever is
//! missing or does not fit its recording is made again. What is encrypted, and what is still written, leaves nothing there.

use super::sidecar::{self, Head, Sidecar};
use super::{Command, Error, Keyring, Library, Page, Reader, Row, State, Transcript};
use std::fs;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

const FOLDER: &str = "index";

#[derive(Clone)]
pub struct Catalogue {
    data_dir: PathBuf,
    keyring: Keyring,
}

/// What is known of a recording, and its text.
pub struct Kept {
    pub row: Row,
    pub commands: Vec<Command>,
    text: Source,
}

enum Source {
    Sidecar(Box<Sidecar>),
    Read(Vec<Page>),
}

impl Catalogue {
    /// `keyring` opens what is encrypted, each time it is searched.
    pub fn open(data_dir: &Path, keyring: Keyring) -> Catalogue {
        Catalogue {
            data_dir: data_dir.to_path_buf(),
            keyring,
        }
    }

    /// A recording's reader, unlocked.
    pub fn reader(&self, path: &Path) -> Result<Reader, Error> {
        let mut reader = Reader::open(path)?;
        reader.unlock(&self.keyring)?;
        Ok(reader)
    }

    /// Every recording's file, newest first.
    pub fn paths(&self) -> Result<Vec<PathBuf>, Error> {
        let mut paths = Library::open(&self.data_dir).paths()?;
        paths.reverse();
        Ok(paths)
    }

    /// What is kept of a recording, if it fits; else the recording is read, and what is learned is kept.
    pub fn load(&self, path: &Path) -> Result<Kept, Error> {
        match self.kept(path)? {
            Some(kept) => Ok(kept),
            None => self.read(path),
        }
    }

    /// The text and the commands of a recording.
    pub fn transcript(&self, path: &Path) -> Result<Transcript, Error> {
        match self.load(path)?.transcript() {
            Some(transcript) => Ok(transcript),
            None => Ok(self.read(path)?.transcript().unwrap_or_default()),
        }
    }

    /// Makes what is missing, asking all the time whether it goes on; how many recordings were read, and which could not
    /// be.
    pub fn refresh(&self, mut goes_on: impl FnMut() -> bool) -> Result<(usize, Vec<Error>), Error> {
        let (mut read, mut failed) = (0, Vec::new());
        for path in self.paths()? {
            match self.is_kept(&path) {
                Ok(true) => {}
                Ok(false) => match self.read_while(&path, &mut goes_on) {
                    Ok(true) => read += 1,
                    Ok(false) => break,
                    Err(cause) => failed.push(cause),
                },
                Err(cause) => failed.push(cause),
            }
        }
        self.sweep()?;
        Ok((read, failed))
    }

    /// Whether there is nothing to do for a recording.
    fn is_kept(&self, path: &Path) -> Result<bool, Error> {
        Ok(!may_be_kept(path)? || self.kept(path)?.is_some())
    }

    fn kept(&self, path: &Path) -> Result<Option<Kept>, Error> {
        let found = fs::metadata(path).map_err(Error::io("read", path))?;
        let Some(mut sidecar) = Sidecar::open(&self.path_of(path)) else {
            return Ok(None);
        };
        let head = &mut sidecar.head;
        if head.row.size != found.len() || head.modified_ns != modified_ns(&found) {
            return Ok(None);
        }
        Ok(Some(Kept {
            row: head.row.clone().kept(path),
            commands: std::mem::take(&mut head.commands),
            text: Source::Sidecar(Box::new(sidecar)),
        }))
    }

    /// Reads a recording whatever is kept of it.
    pub fn read(&self, path: &Path) -> Result<Kept, Error> {
        let (found, reader) = self.stat(path)?;
        let transcript = Transcript::read(&reader)?;
        self.keep(&found, &reader, transcript)
    }

    /// The same while `goes_on`; false once it does not.
    fn read_while(&self, path: &Path, goes_on: impl FnMut() -> bool) -> Result<bool, Error> {
        let (found, reader) = self.stat(path)?;
        let Some(transcript) = Transcript::read_while(&reader, goes_on)? else {
            return Ok(false);
        };
        self.keep(&found, &reader, transcript).map(|_| true)
    }

    /// What the file is before it is read, so that what is written meanwhile is noticed the next time.
    fn stat(&self, path: &Path) -> Result<(fs::Metadata, Reader), Error> {
        let found = fs::metadata(path).map_err(Error::io("read", path))?;
        Ok((found, self.reader(path)?))
    }

    fn keep(&self, found: &fs::Metadata, reader: &Reader, transcript: Transcript) -> Result<Kept, Error> {
        let path = reader.path();
        let row = Row::of(reader)?;
        let is_whole = matches!(row.state, State::Sealed | State::Recovered);
        let mut head = Head {
            modified_ns: modified_ns(found),
            row,
            commands: transcript.commands.clone(),
        };
        if is_whole && self.is_inside(path) && may_be_kept(path)? {
            // A full disk makes searches slower, not impossible.
            if let Err(cause) = sidecar::save(&self.path_of(path), &head, &transcript) {
                tracing::warn!(%cause, "the text of a recording is not kept");
            }
        }
        Ok(Kept {
            commands: std::mem::take(&mut head.commands),
            row: head.row,
            text: Source::Read(transcript.pages),
        })
    }

    fn path_of(&self, recording: &Path) -> PathBuf {
        let name = recording.file_stem().unwrap_or_default();
        self.data_dir.join(FOLDER).join(name).with_extension("text")
    }

    fn is_inside(&self, path: &Path) -> bool {
        path.starts_with(self.data_dir.join("recordings"))
    }

    /// Takes away the text of recordings that are gone.
    fn sweep(&self) -> Result<(), Error> {
        let folder = self.data_dir.join(FOLDER);
        let Ok(entries) = fs::read_dir(&folder) else {
            return Ok(());
        };
        let wanted: std::collections::HashSet<PathBuf> =
            self.paths()?.iter().map(|path| self.path_of(path)).collect();
        for entry in entries.flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|ending| ending == "text") && !wanted.contains(&path) {
                fs::remove_file(&path).map_err(Error::io("remove", &path))?;
            }
        }
        Ok(())
    }
}

impl Kept {
    /// Whether its text may hold all of these words; what is kept knows it without being read, `None` when that is not
    /// what was written.
    pub(super) fn may_hold<'w>(&mut self, words: impl Iterator<Item = &'w str>) -> Option<bool> {
        match &mut self.text {
            Source::Sidecar(sidecar) => sidecar.may_hold(words),
            Source::Read(_) => Some(true),
        }
    }

    /// All of it in memory; `None` when what was kept is not what was written.
    pub fn transcript(mut self) -> Option<Transcript> {
        let commands = std::mem::take(&mut self.commands);
        let mut pages = Vec::new();
        let whole = self.each_page(|page, unpack| {
            unpack(page);
            pages.push(std::mem::take(page));
            true
        });
        whole.then_some(Transcript { pages, commands })
    }

    /// Each page of text until `take` has enough; its second argument unpacks what is known of the page's lines. False
    /// when what was kept is not what was written: then [`Catalogue::read`] has it.
    pub(super) fn each_page(
        self,
        mut take: impl FnMut(&mut Page, &mut dyn FnMut(&mut Page)) -> bool,
    ) -> bool {
        let mut goes_on = true;
        match self.text {
            Source::Read(pages) => {
                for mut page in pages {
                    goes_on = goes_on && take(&mut page, &mut |_| {});
                }
                true
            }
            Source::Sidecar(sidecar) => sidecar.each_page(|mut page, packed| {
                let mut is_good = true;
                if goes_on {
                    goes_on = take(&mut page, &mut |page| {
                        is_good &= page.unpack_lines(packed).is_some()
                    });
                }
                is_good.then_some(())
            }),
        }
    }
}

fn modified_ns(found: &fs::Metadata) -> i128 {
    i128::from(found.mtime()) * 1_000_000_000 + i128::from(found.mtime_nsec())
}

/// Whether a recording's text may be on disk in clear: no flag of its header says otherwise. Encryption is one.
fn may_be_kept(path: &Path) -> Result<bool, Error> {
    let mut start = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(12).read_to_end(&mut start))
        .map_err(Error::io("read", path))?;
    Ok(start.get(10..12) == Some(&[0, 0]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::{DeviceKey, End, Header, Writer};

    #[test]
    fn the_reading_of_a_long_recording_stops_within_it_and_begins_again_the_next_time() {
        let dir = tempfile::tempdir().unwrap();
        let key = DeviceKey::load_or_create(dir.path()).unwrap();
        let mut writer = Writer::create(dir.path(), Header::new("shell", (40, 6)), &key).unwrap();
        for at_us in 0..100 {
            writer.output(at_us, b"a line\r\n").unwrap();
        }
        writer.end(100, End::default()).unwrap();
        let catalogue = Catalogue::open(dir.path(), Keyring::default());

        let mut asked = 0;
        let stopped = catalogue.refresh(|| {
            asked += 1;
            asked <= 50
        });
        assert_eq!(asked, 51);
        assert_eq!(stopped.unwrap().0, 0);
        assert!(!catalogue.is_kept(&catalogue.paths().unwrap()[0]).unwrap());

        assert_eq!(catalogue.refresh(|| true).unwrap().0, 1);
        assert!(catalogue.is_kept(&catalogue.paths().unwrap()[0]).unwrap());
    }
}
