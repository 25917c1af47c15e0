//! Views that somebody named: what is asked and how it is shown, kept beside the costs. Texts as people write them, so
//! that a view outlives the types of this program.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::dataset::{Dimension, Lens};
use super::origin::Source;
use super::query::{Charge, Query};
use super::span::Span;
use crate::store;

const VERSION: u32 = 1;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    pub name: String,
    /// `None`: whatever is asked first.
    pub source: Option<String>,
    /// How it is shown: the name of a tab.
    pub view: String,
    pub by: String,
    pub inside: Vec<(String, String)>,
    pub lens: String,
    pub without: Vec<String>,
    pub filter: String,
    pub span: String,
    #[serde(default)]
    pub currency: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error(transparent)]
    Disk(#[from] store::Error),
    #[error("the saved views cannot be used: {0}")]
    Unreadable(String),
}

impl Saved {
    pub fn of(name: &str, source: Option<&Source>, view: &str, query: &Query) -> Saved {
        let inside = query.inside.iter();
        Saved {
            name: name.to_owned(),
            source: source.map(Source::to_string),
            view: view.to_owned(),
            by: query.by.to_string(),
            inside: inside
                .map(|(of, value)| (of.to_string(), value.clone()))
                .collect(),
            lens: query.lens.to_string(),
            without: query
                .without
                .iter()
                .map(|charge| charge.name().to_owned())
                .collect(),
            filter: query.filter.clone(),
            span: query.span.to_string(),
            currency: query.currency.clone(),
        }
    }

    /// What it asks.
    ///
    /// # Errors
    /// A text that nothing of this program is called by, as a sentence.
    pub fn query(&self) -> Result<Query, String> {
        let dimension = |text: &str| Dimension::parse(text).map_err(|bad| bad.says);
        let charge =
            |text: &String| Charge::parse(text).ok_or_else(|| format!("no kind of charge is {text:?}"));
        let inside = self.inside.iter();
        Ok(Query {
            by: dimension(&self.by)?,
            inside: inside
                .map(|(of, value)| Ok((dimension(of)?, value.clone())))
                .collect::<Result<_, String>>()?,
            lens: Lens::parse(&self.lens).map_err(|bad| bad.says)?,
            without: self.without.iter().map(charge).collect::<Result<_, _>>()?,
            filter: self.filter.clone(),
            span: Span::parse(&self.span)?,
            currency: self.currency.clone(),
        })
    }

    fn path(data_dir: &Path) -> PathBuf {
        data_dir.join("costs").join("views.json")
    }

    /// All of them, by name. A damaged file is an error: writing a new one would forget what people kept.
    pub fn load(data_dir: &Path) -> Result<Vec<Saved>, Trouble> {
        let loaded = store::load_json(&Saved::path(data_dir), VERSION);
        match (loaded.data, loaded.warning) {
            (Some(views), _) => Ok(views),
            (None, Some(warning)) => Err(Trouble::Unreadable(warning)),
            (None, None) => Ok(Vec::new()),
        }
    }

    /// Keeps it in place of one of the same name, and returns all.
    pub fn save(self, data_dir: &Path) -> Result<Vec<Saved>, Trouble> {
        Saved::change(data_dir, |views| {
            views.retain(|view| view.name != self.name);
            views.push(self);
        })
    }

    /// Takes the view of that name away, and returns those that are left.
    pub fn forget(name: &str, data_dir: &Path) -> Result<Vec<Saved>, Trouble> {
        Saved::change(data_dir, |views| views.retain(|view| view.name != name))
    }

    fn change(data_dir: &Path, change: impl FnOnce(&mut Vec<Saved>)) -> Result<Vec<Saved>, Trouble> {
        let path = Saved::path(data_dir);
        store::create_private_dir(&data_dir.join("costs"))?;
        let _lock = store::Lock::acquire(&path.with_extension("lock"))?;
        let mut views = Saved::load(data_dir)?;
        change(&mut views);
        views.sort_by(|a, b| a.name.cmp(&b.name));
        store::save_json(&path, VERSION, &views)?;
        Ok(views)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_is_read_back_as_it_was_and_replaces_its_namesake() {
        let dir = tempfile::tempdir().unwrap();
        let mut query = Query {
            by: Dimension::Tag("팀".into()),
            inside: vec![(Dimension::Service, "EC2 - Other".into())],
            filter: "region:eu-*".into(),
            span: Span::Days(7),
            currency: Some("EUR".into()),
            ..Query::default()
        };
        query.without.insert(Charge::Tax);
        let source = Source::CostExplorer("shop".into());
        let saved = Saved::of("네트워크", Some(&source), "treemap", &query);
        saved.clone().save(dir.path()).unwrap();
        let mut other = saved.clone();
        other.filter.clear();
        let views = other.clone().save(dir.path()).unwrap();
        assert_eq!(views, [other]);
        assert_eq!(saved.query().unwrap(), query);
        assert_eq!(Saved::forget("네트워크", dir.path()).unwrap(), []);
    }

    #[test]
    fn a_view_of_something_unknown_says_what_it_is() {
        let mut saved = Saved::of("x", None, "table", &Query::default());
        saved.by = "galaxy".into();
        assert!(saved.query().unwrap_err().contains("galaxy"));
    }
}
