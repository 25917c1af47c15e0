//! A digest as Markdown that reads well as plain text too. Names come from tags that anybody may set: nothing in them is
//! markup.

use std::fmt::Write;

use jiff::civil::Date;

use super::{Digest, Step, Team};
use crate::cost::amount::Amount;
use crate::cost::driver::{self, Driver};
use crate::cost::period::Period;

/// Changes that are named; the others are one.
const DRIVERS: usize = 3;
/// Savings that are named, the largest; the others are one.
const MOVES: usize = 5;
/// The week before, the change and its percentage where nothing is known of that week.
const UNKNOWN: &str = "– | – | –";

impl Digest {
    pub fn markdown(&self) -> String {
        let mut out = String::new();
        // Writing to a text does not fail.
        let _ = self.write(&mut out);
        out
    }

    /// The week in one sentence.
    pub fn says(&self) -> String {
        let of = self.week.comparison;
        let previous = of.previous.in_year(of.current.last_day().year());
        if !self.is_compared() {
            return format!(
                "{} {}, nothing is known of {} to compare with, {}",
                self.current.grouped(2),
                self.currency,
                previous,
                self.about
            );
        }
        format!(
            "{} {}{} against {} ({}), {}",
            self.current.grouped(2),
            self.currency,
            self.percent(self.current, self.previous),
            previous,
            self.previous.grouped(2),
            self.about
        )
    }

    /// After a comma; nothing where a part would be a percentage of a whole.
    fn percent(&self, now: Amount, before: Amount) -> String {
        let percent = now.change_percent(before).filter(|_| self.is_whole());
        percent.map_or(String::new(), |percent| format!(", {percent:+.1} %"))
    }

    /// What is not final, a sentence each; none where everything is.
    pub fn doubts(&self) -> Vec<String> {
        let told =
            |days: &[Date], says: &str| (!days.is_empty()).then(|| format!("{}: {says}", listed(days)));
        let is_lacking = |day: &Date| !self.not_split.contains(day);
        let lacking: Vec<Date> = self.unknown.iter().copied().filter(is_lacking).collect();
        let not_split = format!(
            "not told apart by {}: the totals have it, and teams cannot be compared",
            self.by
        );
        [
            told(&self.not_imported, "not imported, and left out of both weeks"),
            told(&self.week.to_come, "not over, and left out of both weeks"),
            told(&self.estimated, "still an estimate"),
            told(&lacking, "no answer, so that totals lack it"),
            told(&self.not_split, &not_split),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        let of = self.week.comparison;
        writeln!(
            out,
            "# Costs of week {} ({}), by {}\n",
            self.week,
            of.current,
            escaped(&self.by)
        )?;
        writeln!(out, "**{}**\n", escaped(&self.says()))?;
        for doubt in self.doubts() {
            writeln!(out, "- Not final: {}.", escaped(&doubt))?;
        }
        for caution in &self.cautions {
            writeln!(out, "- Take care: {}.", escaped(caution))?;
        }
        if let Some(share) = self.untagged_percent() {
            writeln!(out, "- Without {}: {share:.1} % of the week.", escaped(&self.by))?;
        }
        for lack in &self.lacks {
            // Some say what AWS said, which ends as it will.
            writeln!(
                out,
                "- Not in this digest: {}.",
                escaped(lack.trim_end_matches('.'))
            )?;
        }
        writeln!(
            out,
            "\n| {} | {} | week before | change | % |",
            escaped(&self.by),
            self.currency
        )?;
        writeln!(out, "| --- | ---: | ---: | ---: | ---: |")?;
        let moved = |now: Amount, before: Amount, none: &str| {
            let percent = now.change_percent(before);
            let percent = percent.map_or(none.to_owned(), |percent| format!("{percent:+.1}"));
            match self.is_whole() {
                true => format!("{} | {percent}", signed(now - before)),
                false => "– | –".to_owned(),
            }
        };
        for team in self.teams.iter().filter(|team| team.is_charged()) {
            let (now, before) = (team.current.grouped(2), team.previous.grouped(2));
            let none = if team.current == team.previous { "" } else { "new" };
            let moved = moved(team.current, team.previous, none);
            match self.is_compared() {
                true => writeln!(out, "| {} | {now} | {before} | {moved} |", name(team))?,
                false => writeln!(out, "| {} | {now} | {UNKNOWN} |", name(team))?,
            }
        }
        match self.is_compared() {
            true => writeln!(
                out,
                "| total | {} | {} | {} |",
                self.current.grouped(2),
                self.previous.grouped(2),
                moved(self.current, self.previous, "")
            )?,
            false => writeln!(out, "| total | {} | {UNKNOWN} |", self.current.grouped(2))?,
        }
        for team in &self.teams {
            self.write_team(out, team)?;
        }
        if !self.others.is_empty() {
            writeln!(out, "\n## The whole bill\n")?;
            for line in &self.others {
                writeln!(out, "- {}", escaped(line))?;
            }
        }
        Ok(())
    }

    fn write_team(&self, out: &mut String, team: &Team) -> std::fmt::Result {
        writeln!(out, "\n## {}\n", name(team))?;
        if !team.is_charged() {
            writeln!(out, "Nothing was charged to it.\n")?;
        } else if self.is_compared() {
            writeln!(
                out,
                "{} {}{} against {} the week before.\n",
                team.current.grouped(2),
                self.currency,
                self.percent(team.current, team.previous),
                team.previous.grouped(2)
            )?;
            if self.is_whole() {
                writeln!(out, "- Changed: {}", escaped(&changed(team)))?;
            }
        } else {
            let (now, currency) = (team.current.grouped(2), &self.currency);
            writeln!(out, "{now} {currency}; nothing is known of the week before.\n")?;
        }
        for line in &team.anomalies {
            writeln!(out, "- Unusual: {}", escaped(line))?;
        }
        if !team.moves.is_empty() {
            let (low, high) = sum(team.moves.iter());
            writeln!(out, "- Could save {} USD a month:", range(low, high))?;
            let mut moves: Vec<&Step> = team.moves.iter().collect();
            moves.sort_by_key(|of| std::cmp::Reverse(of.high));
            for Step { says, low, high } in moves.iter().take(MOVES) {
                writeln!(out, "  - {}: {}", escaped(says), range(*low, *high))?;
            }
            if moves.len() > MOVES {
                let (low, high) = sum(moves[MOVES..].iter().copied());
                let left = driver::others(moves.len() - MOVES);
                writeln!(out, "  - {left}: {}", range(low, high))?;
            }
        }
        Ok(())
    }
}

fn sum<'a>(moves: impl Iterator<Item = &'a Step>) -> (Amount, Amount) {
    moves.fold((Amount::ZERO, Amount::ZERO), |(low, high), of| {
        (low + of.low, high + of.high)
    })
}

/// What is left of a resource when others found more on it may be less at the upper end than at the lower.
fn range(one: Amount, other: Amount) -> String {
    let (low, high) = (one.min(other), one.max(other));
    if low == high {
        return high.grouped(2);
    }
    format!("{} to {}", low.grouped(2), high.grouped(2))
}

/// The largest changes in one line, where both weeks are known whole.
pub(super) fn changed(team: &Team) -> String {
    let (top, rest) = team.drivers.top(DRIVERS);
    let mut parts: Vec<String> = top.iter().filter_map(moved).collect();
    let left = team.drivers.rows.len() - top.len();
    if let Some(rest) = rest.filter(|_| left > 0) {
        parts.push(format!("{} {}", driver::others(left), signed(rest)));
    }
    if parts.is_empty() {
        return "nothing".into();
    }
    parts.join("; ")
}

/// `None` where not every day of both weeks is known.
fn moved(of: &Driver) -> Option<String> {
    // Told apart where there are cents of both.
    let shows = |amount: Amount| {
        amount
            .rounded(2)
            .bytes()
            .any(|byte| (b'1'..=b'9').contains(&byte))
    };
    let split = match shows(of.usage) && shows(of.rate) {
        true => format!(" (usage {}, rate {})", signed(of.usage), signed(of.rate)),
        false => String::new(),
    };
    let key: Vec<&str> = of
        .key
        .iter()
        .map(|part| if part.is_empty() { "none" } else { part })
        .collect();
    Some(format!("{} {}{split}", key.join(" / "), signed(of.change()?)))
}

fn signed(amount: Amount) -> String {
    if amount.is_negative() {
        amount.grouped(2)
    } else {
        format!("+{}", amount.grouped(2))
    }
}

/// Days that follow each other as one span.
fn listed(days: &[Date]) -> String {
    let mut days = days.to_vec();
    days.sort_unstable();
    let told = |span: &Period| match span.days() {
        1 => span.from.strftime("%a %-d %b").to_string(),
        _ => span.to_string(),
    };
    let spans = Period::runs(days);
    spans.iter().map(told).collect::<Vec<_>>().join(", ")
}

fn name(team: &Team) -> String {
    if team.name.is_empty() {
        "without a team".into()
    } else {
        escaped(&team.name)
    }
}

/// Text that is no markup, on one line.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '~' | '&' => out.extend(['\\', c]),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
