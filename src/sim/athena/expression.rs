//! Expressions over one row: columns, texts, the few functions that cost queries use, comparisons. Nothing compares
//! with NULL; whatever else is asked is a syntax error.

use super::token::Token;

#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    Column(String),
    Text(String),
    Number(u32),
    /// A function and its arguments.
    Call(String, Vec<Expression>),
    /// The value of a key in a column of maps: that there is none is an error, as Trino has it.
    Element(String, String),
    Cast(Box<Expression>, String),
    Compare(&'static str, Box<Expression>, Box<Expression>),
    Like(Box<Expression>, String),
    And(Vec<Expression>),
    Or(Vec<Expression>),
    Not(Box<Expression>),
}

/// How the failure begins that `TRY` makes NULL of.
const MISSING_KEY: &str = "INVALID_FUNCTION_ARGUMENT:";

/// A row as expressions see it.
pub trait Row {
    /// `None` when there is no such column, `Some(None)` for NULL.
    fn column(&self, name: &str) -> Option<Option<String>>;
    /// The value of a key in a column of maps; `None` when there is no such column.
    fn element(&self, map: &str, key: &str) -> Option<Option<String>>;
}

/// Reads tokens from the front.
pub struct Reader<'a> {
    pub tokens: &'a [(Token, usize)],
}

impl Reader<'_> {
    pub fn line(&self) -> usize {
        self.tokens.first().map_or(0, |(_, line)| *line)
    }

    pub fn wrong(&self) -> String {
        match self.tokens.first() {
            Some((token, line)) => format!("line {line}:1: mismatched input {token:?}"),
            None => "the statement ends too early".to_owned(),
        }
    }

    pub fn next(&mut self) -> Result<Token, String> {
        let (first, rest) = self.tokens.split_first().ok_or_else(|| self.wrong())?;
        self.tokens = rest;
        Ok(first.0.clone())
    }

    /// Takes a token if it is the next.
    pub fn takes(&mut self, token: &Token) -> bool {
        let there = self.tokens.first().is_some_and(|(first, _)| first == token);
        if there {
            self.tokens = &self.tokens[1..];
        }
        there
    }

    pub fn takes_word(&mut self, word: &str) -> bool {
        self.takes(&Token::Word(word.to_owned()))
    }

    pub fn expect(&mut self, token: Token) -> Result<(), String> {
        if self.takes(&token) {
            Ok(())
        } else {
            Err(self.wrong())
        }
    }

    pub fn expect_word(&mut self, word: &str) -> Result<(), String> {
        self.expect(Token::Word(word.to_owned()))
    }

    /// Conditions joined by OR, each of conditions joined by AND.
    pub fn condition(&mut self) -> Result<Expression, String> {
        let mut any = vec![self.all()?];
        while self.takes_word("or") {
            any.push(self.all()?);
        }
        Ok(if any.len() == 1 {
            any.remove(0)
        } else {
            Expression::Or(any)
        })
    }

    fn all(&mut self) -> Result<Expression, String> {
        let mut all = vec![self.one()?];
        while self.takes_word("and") {
            all.push(self.one()?);
        }
        Ok(if all.len() == 1 {
            all.remove(0)
        } else {
            Expression::And(all)
        })
    }

    fn one(&mut self) -> Result<Expression, String> {
        if self.takes_word("not") {
            return Ok(Expression::Not(Box::new(self.one()?)));
        }
        if self.takes(&Token::Sign("(")) {
            let inside = self.condition()?;
            self.expect(Token::Sign(")"))?;
            return Ok(inside);
        }
        let left = Box::new(self.value()?);
        if self.takes_word("like") {
            let Token::Text(pattern) = self.next()? else {
                return Err(self.wrong());
            };
            self.expect_word("escape")?;
            self.expect(Token::Text("\\".to_owned()))?;
            return Ok(Expression::Like(left, pattern));
        }
        match self.next()? {
            Token::Sign(sign @ ("<" | "<=" | ">" | ">=" | "=" | "<>")) => {
                Ok(Expression::Compare(sign, left, Box::new(self.value()?)))
            }
            _ => Err(self.wrong()),
        }
    }

    pub fn value(&mut self) -> Result<Expression, String> {
        match self.next()? {
            Token::Text(text) => Ok(Expression::Text(text)),
            Token::Number(number) => Ok(Expression::Number(number)),
            Token::Word(word) if word == "timestamp" => match self.next()? {
                Token::Text(text) => Ok(Expression::Text(text)),
                _ => Err(self.wrong()),
            },
            Token::Word(word) if word == "cast" => {
                self.expect(Token::Sign("("))?;
                let inside = self.value()?;
                self.expect_word("as")?;
                let Token::Word(mut kind) = self.next()? else {
                    return Err(self.wrong());
                };
                if kind == "decimal" {
                    for token in [
                        Token::Sign("("),
                        Token::Number(38),
                        Token::Sign(","),
                        Token::Number(12),
                        Token::Sign(")"),
                    ] {
                        self.expect(token)?;
                    }
                    kind.push_str("(38,12)");
                }
                self.expect(Token::Sign(")"))?;
                Ok(Expression::Cast(Box::new(inside), kind))
            }
            Token::Word(word) if self.takes(&Token::Sign("(")) => {
                let mut arguments = vec![self.value()?];
                while self.takes(&Token::Sign(",")) {
                    arguments.push(self.value()?);
                }
                self.expect(Token::Sign(")"))?;
                Ok(Expression::Call(word, arguments))
            }
            Token::Word(map) if self.takes(&Token::Sign("[")) => {
                let Token::Text(key) = self.next()? else {
                    return Err(self.wrong());
                };
                self.expect(Token::Sign("]"))?;
                Ok(Expression::Element(map, key))
            }
            Token::Word(word) => Ok(Expression::Column(word)),
            Token::Name(name) => Ok(Expression::Column(name.to_lowercase())),
            Token::Sign(_) => Err(self.wrong()),
        }
    }
}

impl Expression {
    /// The text of it in a row; `None` is NULL.
    pub fn text(&self, row: &impl Row) -> Result<Option<String>, String> {
        let unknown = |name: &str| {
            format!(
                "COLUMN_NOT_FOUND: Column '{name}' cannot be resolved or requester is not authorized to access requested resources"
            )
        };
        Ok(match self {
            Expression::Column(name) => row.column(name).ok_or_else(|| unknown(name))?,
            Expression::Text(text) => Some(text.clone()),
            Expression::Number(number) => Some(number.to_string()),
            Expression::Cast(inside, kind) => match kind.as_str() {
                "date" => inside.text(row)?.map(|text| text.chars().take(10).collect()),
                "varchar" | "decimal(38,12)" => inside.text(row)?,
                _ => return Err(format!("TYPE_NOT_FOUND: unknown type {kind}")),
            },
            Expression::Element(map, key) => {
                let value = row.element(map, key).ok_or_else(|| unknown(map))?;
                let missing = || format!("{MISSING_KEY} Key not present in map: {key}");
                Some(value.ok_or_else(missing)?)
            }
            Expression::Call(name, arguments) => match (name.as_str(), &arguments[..]) {
                ("coalesce", [first, second]) => match first.text(row)? {
                    Some(text) => Some(text),
                    None => second.text(row)?,
                },
                ("lower", [only]) => only.text(row)?.map(|text| text.to_lowercase()),
                ("substr", [text, Expression::Number(from), Expression::Number(length)]) => {
                    let (from, length) = (from.saturating_sub(1) as usize, *length as usize);
                    text.text(row)?
                        .map(|text| text.chars().skip(from).take(length).collect())
                }
                ("try", [only]) => match only.text(row) {
                    // Of all failures that of a statement which is wrong stays one.
                    Err(why) if why.starts_with(MISSING_KEY) => None,
                    other => other?,
                },
                _ => return Err(format!("FUNCTION_NOT_FOUND: function {name} not registered")),
            },
            _ => return Err("TYPE_MISMATCH: a condition is no value".to_owned()),
        })
    }

    /// Whether it holds in a row; what compares with NULL does not.
    pub fn holds(&self, row: &impl Row) -> Result<bool, String> {
        Ok(match self {
            Expression::And(all) => {
                for one in all {
                    if !one.holds(row)? {
                        return Ok(false);
                    }
                }
                true
            }
            Expression::Or(any) => {
                for one in any {
                    if one.holds(row)? {
                        return Ok(true);
                    }
                }
                false
            }
            Expression::Not(one) => !one.holds(row)?,
            Expression::Compare(sign, left, right) => {
                let (Some(left), Some(right)) = (left.text(row)?, right.text(row)?) else {
                    return Ok(false);
                };
                match *sign {
                    "<" => left < right,
                    "<=" => left <= right,
                    ">" => left > right,
                    ">=" => left >= right,
                    "=" => left == right,
                    _ => left != right,
                }
            }
            Expression::Like(text, pattern) => {
                let pattern: Vec<char> = pattern.chars().collect();
                text.text(row)?
                    .is_some_and(|text| like(&text.chars().collect::<Vec<_>>(), &pattern))
            }
            _ => return Err("TYPE_MISMATCH: a value is no condition".to_owned()),
        })
    }
}

/// `%` stands for any text, `_` for one character, a backslash takes their meaning away.
fn like(text: &[char], pattern: &[char]) -> bool {
    match pattern {
        [] => text.is_empty(),
        ['%', rest @ ..] => (0..=text.len()).any(|at| like(&text[at..], rest)),
        ['_', rest @ ..] => text.split_first().is_some_and(|(_, text)| like(text, rest)),
        ['\\', literal, rest @ ..] | [literal, rest @ ..] => text
            .split_first()
            .is_some_and(|(first, text)| first == literal && like(text, rest)),
    }
}
