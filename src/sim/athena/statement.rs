//! One SELECT with a condition and a grouping, parsed whole and run over the rows of a table. Sums are exact.

use std::collections::BTreeMap;

use super::expression::{Expression, Reader};
use super::table::Table;
use super::token::{Token, cut};
use crate::sim::billing::Amount;

pub struct Statement {
    columns: Vec<(Column, String)>,
    pub database: String,
    pub table: String,
    /// Of the table's name.
    pub line: usize,
    condition: Option<Expression>,
}

enum Column {
    Key(Expression),
    /// The sum of a column of numbers.
    Sum(String),
    /// `CAST(NULL AS VARCHAR)`, in every row.
    Null,
}

pub struct Answer {
    pub rows: Vec<Vec<Option<String>>>,
    /// Bytes that a real engine would have read, about.
    pub scanned: u64,
}

/// What a row of the export weighs, in the columns that are read.
const ROW_BYTES: u64 = 64;

/// The table whose columns a statement asks for: `SHOW COLUMNS IN database.table`.
pub fn shown(text: &str) -> Option<(String, String)> {
    let mut words = text.split_whitespace();
    let wanted = ["show", "columns", "in"];
    if !wanted
        .iter()
        .all(|word| words.next().is_some_and(|next| next.eq_ignore_ascii_case(word)))
    {
        return None;
    }
    let (database, table) = words.next()?.split_once('.')?;
    let is_last = words.next().is_none();
    is_last.then(|| (database.to_owned(), table.to_owned()))
}

impl Statement {
    pub fn parse(text: &str) -> Result<Statement, String> {
        let tokens = cut(text)?;
        let mut reader = Reader { tokens: &tokens };
        reader.expect_word("select")?;
        let mut columns = vec![column(&mut reader)?];
        while reader.takes(&Token::Sign(",")) {
            columns.push(column(&mut reader)?);
        }
        reader.expect_word("from")?;
        let line = reader.line();
        let database = name(&mut reader)?;
        reader.expect(Token::Sign("."))?;
        let table = name(&mut reader)?;
        let condition = if reader.takes_word("where") {
            Some(reader.condition()?)
        } else {
            None
        };
        // Every key is grouped by, in its order: anything else would be another question.
        let keys: Vec<u32> = (1..)
            .zip(&columns)
            .filter(|(_, (column, _))| matches!(column, Column::Key(_)))
            .map(|(nth, _)| nth)
            .collect();
        if !keys.is_empty() {
            for (word, directions) in [("group", false), ("order", true)] {
                reader.expect_word(word)?;
                reader.expect_word("by")?;
                for (at, nth) in keys.iter().enumerate() {
                    if at > 0 {
                        reader.expect(Token::Sign(","))?;
                    }
                    reader.expect(Token::Number(*nth))?;
                    if directions {
                        reader.takes_word("asc");
                    }
                }
            }
        }
        if !reader.tokens.is_empty() {
            return Err(reader.wrong());
        }
        Ok(Statement {
            columns,
            database,
            table,
            line,
            condition,
        })
    }

    pub fn run(&self, table: &Table<'_>) -> Result<Answer, String> {
        let mut groups: BTreeMap<Vec<Option<String>>, Vec<Option<Amount>>> = BTreeMap::new();
        let mut read = 0;
        for row in table.rows() {
            read += 1;
            if let Some(condition) = &self.condition
                && !condition.holds(&row)?
            {
                continue;
            }
            let (mut key, mut sums) = (Vec::new(), Vec::new());
            for (column, _) in &self.columns {
                match column {
                    Column::Key(expression) => key.push(expression.text(&row)?),
                    Column::Null => {}
                    Column::Sum(name) => sums
                        .push(row.number(name).ok_or_else(|| {
                            format!("COLUMN_NOT_FOUND: Column '{name}' cannot be resolved")
                        })?),
                }
            }
            let group = groups.entry(key).or_insert_with(|| vec![None; sums.len()]);
            for (sum, more) in group.iter_mut().zip(sums) {
                *sum = match (*sum, more) {
                    (Some(sum), Some(more)) => Some(sum + more),
                    (sum, more) => sum.or(more),
                };
            }
        }
        let header = self.columns.iter().map(|(_, name)| Some(name.clone())).collect();
        let rows = groups.into_iter().map(|(keys, sums)| {
            let (mut keys, mut sums) = (keys.into_iter(), sums.into_iter());
            let cell = |(column, _): &(Column, String)| match column {
                Column::Key(_) => keys.next().flatten(),
                Column::Null => None,
                Column::Sum(_) => sums.next().flatten().map(|sum| sum.to_string()),
            };
            self.columns.iter().map(cell).collect()
        });
        Ok(Answer {
            rows: std::iter::once(header).chain(rows).collect(),
            scanned: read * ROW_BYTES,
        })
    }
}

fn name(reader: &mut Reader<'_>) -> Result<String, String> {
    match reader.next()? {
        Token::Name(name) | Token::Word(name) => Ok(name),
        _ => Err(reader.wrong()),
    }
}

/// `expression AS name`, where a sum is `CAST(SUM(CAST(column AS DECIMAL(38, 12))) AS VARCHAR)`.
fn column(reader: &mut Reader<'_>) -> Result<(Column, String), String> {
    let value = reader.value()?;
    reader.expect_word("as")?;
    let name = name(reader)?;
    if matches!(&value, Expression::Cast(inside, kind) if kind == "varchar" && **inside == Expression::Column("null".into()))
    {
        return Ok((Column::Null, name));
    }
    let sum = match &value {
        Expression::Cast(inside, kind) if kind == "varchar" => match &**inside {
            Expression::Call(function, arguments) if function == "sum" => match &arguments[..] {
                [Expression::Cast(column, kind)] if kind == "decimal(38,12)" => match &**column {
                    Expression::Column(name) => Some(name.clone()),
                    _ => return Err(reader.wrong()),
                },
                _ => return Err(reader.wrong()),
            },
            _ => None,
        },
        _ => None,
    };
    Ok((sum.map_or(Column::Key(value), Column::Sum), name))
}
