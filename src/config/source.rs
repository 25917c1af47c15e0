//! A TOML file being read: typed access to its tables that remembers which keys were asked for, so that an
//! unknown key, a wrong type or a wrong value becomes a fault with its line and what is allowed instead.

use std::cell::RefCell;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::nearest::suggest;
use super::{Bad, Fault};

pub(super) struct Source<'t> {
    file: &'t Path,
    text: &'t str,
    faults: RefCell<Vec<Fault>>,
}

impl<'t> Source<'t> {
    pub(super) fn new(file: &'t Path, text: &'t str) -> Source<'t> {
        Source {
            file,
            text,
            faults: RefCell::default(),
        }
    }

    /// The whole document; syntax errors are already faults when this returns.
    pub(super) fn parse(&self) -> DeTable<'t> {
        let (root, errors) = DeTable::parse_recoverable(self.text);
        for error in errors {
            let mut says = error.message().trim_end().replace('\n', ", ");
            let place = error
                .span()
                .and_then(|span| self.text.get(span))
                .unwrap_or_default();
            if !place.trim().is_empty() && place.lines().count() == 1 {
                says = format!("{says}: {place}");
            }
            self.fault(error.span(), says, None);
        }
        root.into_inner()
    }

    pub(super) fn fault(&self, span: Option<Range<usize>>, says: String, hint: Option<String>) {
        let line = span.map(|span| self.line(span.start));
        self.faults.borrow_mut().push(Fault { line, says, hint });
    }

    /// The line of a byte, counting from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        self.text
            .as_bytes()
            .iter()
            .take(at)
            .filter(|byte| **byte == b'\n')
            .count()
            + 1
    }

    /// `value`, unless something was wrong.
    pub(super) fn finish<T>(self, value: T) -> Result<T, Bad> {
        let mut faults = self.faults.into_inner();
        if faults.is_empty() {
            return Ok(value);
        }
        faults.sort_by_key(|fault| fault.line);
        Err(Bad {
            file: self.file.to_path_buf(),
            faults,
        })
    }
}

/// One table of a file.
pub(super) struct Section<'s, 't> {
    pub(super) source: &'s Source<'t>,
    name: &'static str,
    entries: &'s DeTable<'t>,
    asked: RefCell<Vec<&'static str>>,
}

impl<'s, 't> Section<'s, 't> {
    pub(super) fn root(source: &'s Source<'t>, entries: &'s DeTable<'t>) -> Section<'s, 't> {
        Section::named(source, "", entries)
    }

    pub(super) fn named(
        source: &'s Source<'t>,
        name: &'static str,
        entries: &'s DeTable<'t>,
    ) -> Section<'s, 't> {
        Section {
            source,
            name,
            entries,
            asked: RefCell::default(),
        }
    }

    /// The raw value of a key.
    pub(super) fn get(&self, key: &'static str) -> Option<&'s Spanned<DeValue<'t>>> {
        self.asked.borrow_mut().push(key);
        self.entries.get(key)
    }

    /// A table below this one.
    pub(super) fn section(&self, key: &'static str) -> Option<Section<'s, 't>> {
        let entries = self.read(key, "a table", DeValue::as_table)?;
        Some(Section::named(self.source, key, entries))
    }

    /// The tables of a list, as `[[key]]` writes them.
    pub(super) fn sections(&self, key: &'static str) -> Vec<Section<'s, 't>> {
        let tables = |value: &'s DeValue<'t>| {
            let items = value.as_array()?;
            let each = items.iter().map(|item| item.get_ref().as_table());
            each.collect::<Option<Vec<_>>>()
        };
        let found = self.read(key, "tables, each begun with [[…]]", tables);
        let named = |entries| Section::named(self.source, key, entries);
        found.unwrap_or_default().into_iter().map(named).collect()
    }

    /// The value of a key that must be there; `at` is where it is missed.
    pub(super) fn needed<T>(&self, key: &'static str, found: Option<T>) -> Option<T> {
        if found.is_none() && self.entries.get(key).is_none() {
            let line = self
                .entries
                .iter()
                .map(|(key, _)| key.span())
                .min_by_key(|span| span.start);
            let says = format!("{} is missing", self.full_name(key));
            self.source.fault(line, says, None);
        }
        found
    }

    /// The value of a key, or a fault when `convert` will not have it.
    pub(super) fn read<T>(
        &self,
        key: &'static str,
        wanted: &str,
        convert: impl FnOnce(&'s DeValue<'t>) -> Option<T>,
    ) -> Option<T> {
        let value = self.get(key)?;
        let converted = convert(value.get_ref());
        if converted.is_none() {
            let says = format!("{} cannot be {}", self.full_name(key), shown(value.get_ref()));
            self.source
                .fault(Some(value.span()), says, Some(format!("allowed: {wanted}")));
        }
        converted
    }

    pub(super) fn boolean(&self, key: &'static str) -> Option<bool> {
        self.read(key, "true or false", DeValue::as_bool)
    }

    /// A string that is not empty.
    pub(super) fn text(&self, key: &'static str) -> Option<String> {
        self.read(key, "a string that is not empty", non_empty)
    }

    /// A list of strings, none of them empty.
    pub(super) fn texts(&self, key: &'static str) -> Option<Vec<String>> {
        let items = self.read(key, "a list of strings", DeValue::as_array)?;
        let mut texts = Vec::new();
        for item in items {
            match non_empty(item.get_ref()) {
                Some(text) => texts.push(text),
                None => {
                    let says = format!("{} cannot have {}", self.full_name(key), shown(item.get_ref()));
                    let hint = "allowed: strings that are not empty".to_string();
                    self.source.fault(Some(item.span()), says, Some(hint));
                }
            }
        }
        Some(texts)
    }

    /// One of a few words.
    pub(super) fn choice<T: Copy>(&self, key: &'static str, choices: &[(&'static str, T)]) -> Option<T> {
        let value = self.get(key)?;
        let word = value.get_ref().as_str();
        let chosen = choices
            .iter()
            .find(|(name, _)| Some(*name) == word)
            .map(|(_, choice)| *choice);
        if chosen.is_none() {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            let says = format!("{} cannot be {}", self.full_name(key), shown(value.get_ref()));
            self.source.fault(
                Some(value.span()),
                says,
                Some(suggest(word.unwrap_or_default(), &names)),
            );
        }
        chosen
    }

    /// Something wrong with the table as a whole, told at its first line.
    pub(super) fn fault(&self, says: String, hint: &str) {
        let first = self.entries.iter().map(|(key, _)| key.span());
        let span = first.min_by_key(|span| span.start);
        self.source.fault(span, says, Some(hint.to_owned()));
    }

    /// Every entry of a table whose keys are free, in the order of the file.
    pub(super) fn entries(&self) -> Vec<(&'s Spanned<std::borrow::Cow<'t, str>>, &'s Spanned<DeValue<'t>>)> {
        let mut entries: Vec<_> = self.entries.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        entries
    }

    /// Whatever was not asked for is not known.
    pub(super) fn finish(self) {
        let mut known = self.asked.take();
        known.sort_unstable();
        for (key, _) in self.entries() {
            if !known.contains(&key.get_ref().as_ref()) {
                let says = format!("unknown key {:?}{}", key.get_ref(), self.place());
                self.source
                    .fault(Some(key.span()), says, Some(suggest(key.get_ref(), &known)));
            }
        }
    }

    fn place(&self) -> String {
        if self.name.is_empty() {
            String::new()
        } else {
            format!(" in [{}]", self.name)
        }
    }

    fn full_name(&self, key: &str) -> String {
        if self.name.is_empty() {
            key.to_string()
        } else {
            format!("{}.{key}", self.name)
        }
    }
}

pub(super) fn non_empty(value: &DeValue<'_>) -> Option<String> {
    value
        .as_str()
        .filter(|text| !text.trim().is_empty())
        .map(str::to_string)
}

/// A value as the message repeats it.
pub(super) fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("{text:?}"),
        DeValue::Integer(number) => number.as_str().to_string(),
        DeValue::Float(number) => number.as_str().to_string(),
        DeValue::Boolean(truth) => truth.to_string(),
        DeValue::Datetime(time) => time.to_string(),
        DeValue::Array(_) => "this list".to_string(),
        DeValue::Table(_) => "a table".to_string(),
    }
}
