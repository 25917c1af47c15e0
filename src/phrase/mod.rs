//! What a person types to find something: pieces between blanks, text in "quotes", /expressions/. Where a piece ends is
//! decided here, the same for every room; what it means is the room's. An error names the byte and what may stand there.

/// A longer phrase is a mistake, and would be slow on everything that it is held against.
pub const MAX_BYTES: usize = 4096;

/// What is wrong with a phrase.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}, at {at}: {says}")]
pub struct Bad {
    /// What the phrase is, such as a filter.
    what: &'static str,
    /// Byte position.
    pub at: usize,
    pub says: String,
}

/// Reads a phrase from its beginning to its end.
pub struct Reader<'a> {
    what: &'static str,
    text: &'a str,
    pub at: usize,
}

impl<'a> Reader<'a> {
    pub fn new(what: &'static str, text: &'a str) -> Result<Reader<'a>, Bad> {
        let reader = Reader { what, text, at: 0 };
        if text.len() > MAX_BYTES {
            return Err(reader.bad_at(MAX_BYTES, format!("longer than {MAX_BYTES} bytes")));
        }
        Ok(reader)
    }

    pub fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub fn bad(&self, says: impl Into<String>) -> Bad {
        self.bad_at(self.at, says)
    }

    pub fn bad_at(&self, at: usize, says: impl Into<String>) -> Bad {
        Bad {
            what: self.what,
            at,
            says: says.into(),
        }
    }

    /// What the parser of expressions says, in one line.
    pub fn bad_expression(&self, at: usize, error: &regex::Error) -> Bad {
        let says = error.to_string();
        let last = says.lines().last().unwrap_or_default();
        let says = format!("not a regular expression: {}", last.trim_start_matches("error: "));
        self.bad_at(at, says)
    }

    pub fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// Whether a term ends here.
    pub fn is_between(&self) -> bool {
        self.rest().chars().next().is_none_or(char::is_whitespace)
    }

    pub fn take(&mut self, sign: &str) -> bool {
        let taken = self.rest().starts_with(sign);
        self.at += if taken { sign.len() } else { 0 };
        taken
    }

    /// Text up to a blank or one of `stops`.
    pub fn bare(&mut self, stops: &[char]) -> &'a str {
        let rest = self.rest();
        let end = rest
            .find(|c: char| c.is_whitespace() || stops.contains(&c))
            .unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    /// Text in double quotes; `\"` and `\\` stand for themselves.
    pub fn quote(&mut self) -> Result<String, Bad> {
        self.enclosed('"', &['"', '\\'])
    }

    /// Text between slashes; only `\/` is unescaped, the rest belongs to the expression.
    pub fn expression(&mut self) -> Result<String, Bad> {
        self.enclosed('/', &['/'])
    }

    fn enclosed(&mut self, mark: char, escapable: &[char]) -> Result<String, Bad> {
        let mut text = String::new();
        let mut escaped = false;
        for (offset, c) in self.rest().char_indices().skip(1) {
            if escaped {
                if !escapable.contains(&c) {
                    text.push('\\');
                }
                text.push(c);
                escaped = false;
            } else if c == '\\' {
                escaped = true;
            } else if c == mark {
                self.at += offset + mark.len_utf8();
                return Ok(text);
            } else {
                text.push(c);
            }
        }
        Err(self.bad(format!("the closing {mark} is missing")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_piece_ends_where_it_must_and_an_error_names_its_place() {
        let mut reader = Reader::new("filter", r#"a,"b \"c\\" /d\/e\.f/ "g"#).unwrap();
        assert_eq!(reader.bare(&[',']), "a");
        assert!(reader.take(",") && !reader.take(","));
        assert_eq!(reader.quote().unwrap(), r#"b "c\"#);
        assert!(reader.is_between());
        reader.skip_blanks();
        assert_eq!(reader.expression().unwrap(), r"d/e\.f");
        reader.skip_blanks();
        let bad = reader.quote().unwrap_err();
        assert_eq!(bad.to_string(), r#"filter, at 22: the closing " is missing"#);
        let long = "x".repeat(MAX_BYTES + 1);
        assert_eq!(Reader::new("query", &long).err().unwrap().at, MAX_BYTES);
    }

    proptest! {
        #[test]
        fn any_text_is_read_to_its_end_or_refused(text in "[-a /\"\\\\,:é]{0,30}") {
            let mut reader = Reader::new("query", &text).unwrap();
            while !reader.rest().is_empty() {
                let before = reader.at;
                let read = match reader.rest().chars().next() {
                    Some('"') => reader.quote().map(drop),
                    Some('/') => reader.expression().map(drop),
                    Some(c) if c.is_whitespace() => { reader.skip_blanks(); Ok(()) }
                    _ => { reader.bare(&['"', '/']); Ok(()) }
                };
                if let Err(bad) = read {
                    prop_assert_eq!(bad.at, before);
                    break;
                }
                prop_assert!(reader.at > before);
            }
        }
    }
}
