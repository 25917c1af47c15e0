//! Standard output and standard error of this program, for what comes from a remote or from a program of the user's: each
//! through a filter of its own where it is a terminal, byte for byte where it is a pipe or a file.

use std::io::{self, IsTerminal, Write};

use crate::term::filter::Filter;

pub struct Streams {
    output: Stream<io::Stdout>,
    stderr: Stream<io::Stderr>,
}

impl Streams {
    /// `title` goes before the titles that are set; `clipboard` lets it be written.
    pub fn new(title: &str, clipboard: bool) -> Self {
        Self {
            output: Stream::new(io::stdout(), title, clipboard),
            stderr: Stream::new(io::stderr(), title, clipboard),
        }
    }

    pub fn output(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.output.write(bytes)
    }

    pub fn stderr(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stderr.write(bytes)
    }
}

struct Stream<W> {
    to: W,
    filter: Option<Filter>,
    passed: Vec<u8>,
}

impl<W: Write + IsTerminal> Stream<W> {
    fn new(to: W, title: &str, clipboard: bool) -> Self {
        let filter = to.is_terminal().then(|| Filter::new(title, clipboard));
        Self {
            to,
            filter,
            passed: Vec::new(),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.filter {
            Some(filter) => {
                self.passed.clear();
                filter.pass(bytes, &mut self.passed);
                self.to.write_all(&self.passed)?;
            }
            None => self.to.write_all(bytes)?,
        }
        self.to.flush()
    }
}
