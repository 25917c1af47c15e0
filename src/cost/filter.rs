//! `--filter` of costs: `service:*EC2*,*S3* -region:us-* account:111122223333 tag.team:pay`. Every term must
//! hold; values compare whole and without case, `*` stands for any text, `""` for an absent one.

use regex::{Regex, RegexBuilder};

use super::dataset::{BadDimension, Dimension};

#[derive(Clone, Debug, Default)]
pub struct Filter {
    terms: Vec<Term>,
}

#[derive(Clone, Debug)]
struct Term {
    negated: bool,
    dimension: Dimension,
    values: Vec<Value>,
}

/// A wanted value: the texts between its `*`, and all of it as a pattern.
#[derive(Clone, Debug)]
struct Value {
    parts: Vec<String>,
    pattern: Regex,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cost filter, at {at}: {says}")]
pub struct BadFilter {
    /// Byte position in the text.
    pub at: usize,
    pub says: String,
}

impl Filter {
    pub fn parse(text: &str) -> Result<Filter, BadFilter> {
        let mut terms = Vec::new();
        for (at, word) in words(text)? {
            terms.push(term(&word).map_err(|says| BadFilter { at, says })?);
        }
        Ok(Filter { terms })
    }

    /// One more condition: drilling down into a row of a breakdown.
    pub fn and(self, dimension: Dimension, value: &str) -> Filter {
        self.and_any(dimension, &[value])
    }

    /// One of several values.
    pub fn and_any(mut self, dimension: Dimension, values: &[&str]) -> Filter {
        let values: Option<Vec<Value>> = values.iter().map(|value| exact(value)).collect();
        self.terms.extend(values.map(|values| Term {
            negated: false,
            dimension,
            values,
        }));
        self
    }

    /// None of several values.
    pub fn and_none(self, dimension: Dimension, values: &[&str]) -> Filter {
        let before = self.terms.len();
        let mut filter = self.and_any(dimension, values);
        filter
            .terms
            .iter_mut()
            .skip(before)
            .for_each(|term| term.negated = true);
        filter
    }

    pub fn dimensions(&self) -> impl Iterator<Item = &Dimension> {
        self.terms.iter().map(|term| &term.dimension)
    }

    /// The value that a dimension has to have, where the filter names exactly one.
    pub(super) fn only(&self, dimension: &Dimension) -> Option<&str> {
        let mut about = self.terms.iter().filter(|term| term.dimension == *dimension);
        let (Some(term), None) = (about.next(), about.next()) else {
            return None;
        };
        match (term.negated, term.values.as_slice()) {
            (false, [value]) => match value.parts.as_slice() {
                [whole] if !whole.is_empty() => Some(whole),
                _ => None,
            },
            _ => None,
        }
    }

    /// Only the terms about dimensions of which that holds.
    pub(super) fn about(&self, holds: impl Fn(&Dimension) -> bool) -> Filter {
        let terms = self.terms.iter().filter(|term| holds(&term.dimension));
        Filter {
            terms: terms.cloned().collect(),
        }
    }

    /// Each term: its dimension, whether it is negated, and its values cut at their `*`.
    pub(super) fn terms(&self) -> impl Iterator<Item = (&Dimension, bool, Vec<Vec<String>>)> {
        let cut = |value: &Value| value.parts.clone();
        self.terms.iter().map(move |term| {
            (
                &term.dimension,
                term.negated,
                term.values.iter().map(cut).collect(),
            )
        })
    }

    /// Whether a value of a dimension is wanted, as far as the terms about that dimension say.
    pub fn wants(&self, dimension: &Dimension, value: &str) -> bool {
        self.wants_named(dimension, &[value])
    }

    /// The same of a value that has several names, any of which may be meant.
    pub fn wants_named(&self, dimension: &Dimension, names: &[&str]) -> bool {
        let mut about = self.terms.iter().filter(|term| term.dimension == *dimension);
        about.all(|term| {
            let is_meant = |want: &Value| names.iter().any(|name| want.pattern.is_match(name));
            term.values.iter().any(is_meant) != term.negated
        })
    }
}

fn term(word: &str) -> Result<Term, String> {
    let (negated, word) = word.strip_prefix('-').map_or((false, word), |rest| (true, rest));
    let wanted = "write DIMENSION:VALUE, such as service:*EC2* or tag.team:pay";
    let (name, values) = word.split_once(':').ok_or(wanted)?;
    let name = match name.split_once('.') {
        Some((kind @ ("tag" | "costcat"), key)) => format!("{kind}:{key}"),
        _ => name.to_owned(),
    };
    let dimension = Dimension::parse(&name).map_err(|BadDimension { says, hint }| {
        format!("{says}; {hint}; a filter has tag.KEY:VALUE and costcat.NAME:VALUE")
    })?;
    if dimension.is_time() {
        return Err("days and months are chosen with --from and --to".into());
    }
    if values.is_empty() {
        return Err(r#"a value is missing; write "" for an absent one"#.into());
    }
    let values: Option<Vec<Value>> = commas(values).map(|value| glob(&value)).collect();
    Ok(Term {
        negated,
        dimension,
        values: values.ok_or("the value is too long")?,
    })
}

/// Splits at blanks outside quotes; the quotes stay.
fn words(text: &str) -> Result<Vec<(usize, String)>, BadFilter> {
    let (mut words, mut start, mut quote) = (Vec::new(), None, None);
    for (at, c) in text.char_indices() {
        if c == '"' {
            quote = if quote.is_some() { None } else { Some(at) };
        }
        if c.is_whitespace() && quote.is_none() {
            words.extend(
                start
                    .take()
                    .map(|start: usize| (start, text[start..at].to_owned())),
            );
        } else {
            start.get_or_insert(at);
        }
    }
    if let Some(at) = quote {
        return Err(BadFilter {
            at,
            says: "the closing quote is missing".into(),
        });
    }
    words.extend(start.map(|start| (start, text[start..].to_owned())));
    Ok(words)
}

/// Splits at commas outside quotes and takes the quotes away.
fn commas(values: &str) -> impl Iterator<Item = String> {
    let mut quoted = false;
    let parts: Vec<String> = values
        .split(move |c| {
            quoted ^= c == '"';
            c == ',' && !quoted
        })
        .map(|part| part.replace('"', ""))
        .collect();
    parts.into_iter()
}

fn glob(value: &str) -> Option<Value> {
    whole(value.split('*').map(str::to_owned).collect())
}

fn exact(value: &str) -> Option<Value> {
    whole(vec![value.to_owned()])
}

fn whole(parts: Vec<String>) -> Option<Value> {
    let escaped: Vec<String> = parts.iter().map(|part| regex::escape(part)).collect();
    let pattern = RegexBuilder::new(&format!("^(?:{})$", escaped.join(".*")))
        .case_insensitive(true)
        .size_limit(1 << 20)
        .build()
        .ok()?;
    Some(Value { parts, pattern })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_term_must_hold_and_a_minus_negates() {
        let filter = Filter::parse(r#"service:*EC2*,"Amazon S3" -service:*other* tag.team:pay"#).unwrap();
        let service = |name: &str| filter.wants(&Dimension::Service, name);
        assert!(service("Amazon EC2") && service("amazon s3") && !service("EC2 - Other") && !service("RDS"));
        let team = Dimension::Tag("team".into());
        assert!(filter.wants(&team, "pay") && !filter.wants(&team, ""));
        assert!(filter.wants(&Dimension::Region, "anything"));
        assert!(Filter::parse(r#"tag.team:"""#).unwrap().wants(&team, ""));
        let named = |text: &str| {
            let filter = Filter::parse(text).unwrap();
            filter.wants_named(&Dimension::Service, &["Amazon S3", "AmazonS3"])
        };
        assert!(named("service:AmazonS3") && named(r#"service:"Amazon S3""#) && !named("service:S3"));
        assert!(!named("-service:AmazonS3") && !named(r#"-service:"Amazon S3""#));
    }

    #[test]
    fn drilling_down_takes_a_value_as_it_is() {
        let filter = Filter::default().and(Dimension::Service, "a*b");
        assert!(filter.wants(&Dimension::Service, "a*b") && !filter.wants(&Dimension::Service, "axb"));
    }

    #[test]
    fn errors_name_the_position_and_what_is_allowed() {
        let bad = |text: &str| Filter::parse(text).unwrap_err();
        assert_eq!(bad("service:x colour:red").at, 10);
        assert!(bad("colour:red").says.contains("service, account"));
        assert_eq!(bad("service:\"x").at, 8);
        assert!(bad("service").says.contains("DIMENSION:VALUE"));
        assert!(bad("day:2026-01-01").says.contains("--from"));
        assert!(bad("service:").says.contains("missing"));
    }

    proptest! {
        #[test]
        fn no_text_can_make_the_parser_panic(text in "\\PC{0,60}|[-a-z:.,*\" ]{0,40}") {
            if let Ok(filter) = Filter::parse(&text) {
                filter.wants(&Dimension::Service, "x");
            }
        }
    }
}
