//! The report as Markdown that reads well as plain text. Foreign text is escaped, so that no note, name or output becomes
//! markup of its own.

use std::fmt::Write;

use super::text::{self, Zone, clock, line};
use super::{Report, Span};
use crate::incident::timeline::{Item, Kind, Spot};

/// The whole document.
pub fn markdown(report: &Report, zone: &Zone) -> String {
    let mut page = Page {
        out: String::new(),
        zone,
    };
    page.head(report);
    page.impact(report);
    page.people(report);
    page.timeline(report);
    page.commands(report);
    page.evidence(report);
    page.cost(report);
    page.recordings(report);
    page.rest(report);
    page.out
}

struct Page<'z> {
    out: String,
    zone: &'z Zone,
}

/// Text in a paragraph or a cell.
fn plain(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in line(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' => {
                escaped.push('\\');
                escaped.push(c);
            }
            c => escaped.push(c),
        }
    }
    escaped
}

/// Code within a line: between more backticks than it has itself.
fn code(text: &str) -> String {
    let text = line(text).replace('|', "\\|");
    let fence = "`".repeat(longest_run(&text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') || text.is_empty() {
        " "
    } else {
        ""
    };
    format!("{fence}{pad}{text}{pad}{fence}")
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

impl Page<'_> {
    fn say(&mut self, text: impl AsRef<str>) {
        self.out.push_str(text.as_ref());
        self.out.push('\n');
    }

    fn section(&mut self, title: &str) {
        self.say(format!("\n## {title}\n"));
    }

    fn table(&mut self, heads: &[&str], rows: impl Iterator<Item = Vec<String>>) {
        self.say(format!("| {} |", heads.join(" | ")));
        self.say(format!("|{}", " --- |".repeat(heads.len())));
        for row in rows {
            self.say(format!("| {} |", row.join(" | ")));
        }
    }

    fn head(&mut self, report: &Report) {
        self.say(format!("# {}\n", plain(&report.title)));
        let moment = |at: &Option<String>| self.zone.stamped(at);
        let span = |at: &Option<String>, span: &Span| match at {
            Some(_) => format!("{} ({})", moment(at), span.says),
            None => span.says.clone(),
        };
        let closed = report
            .closed_at
            .as_ref()
            .map_or_else(|| "not yet".into(), |_| moment(&report.closed_at));
        let mut rows = vec![
            ("Incident", report.id.clone()),
            ("Severity", report.severity.as_str().to_uppercase()),
            ("Status", report.status.as_str().into()),
            ("Began", moment(&report.started_at)),
            (
                "Acknowledged",
                span(&report.acknowledged_at, &report.to_acknowledge),
            ),
            ("Mitigated", span(&report.mitigated_at, &report.to_mitigate)),
            ("Recovered", span(&report.recovered_at, &report.to_recover)),
            ("Closed", closed),
            ("Opened by", plain(&report.opened_by)),
        ];
        if report.reopened > 0 {
            rows.push(("Reopened", format!("{} times", report.reopened)));
        }
        if let Some(item) = &report.opsitem {
            rows.push(("OpsItem", plain(&format!("{} in {}", item.id, item.region))));
        }
        let rows = rows.into_iter().map(|(what, says)| vec![what.to_owned(), says]);
        self.table(&["", ""], rows);
        let zone = self.zone.name().to_owned();
        self.say(format!("\nAll times are {zone}."));
    }

    fn impact(&mut self, report: &Report) {
        self.section("Impact");
        let impact = &report.impact;
        if let Some(alarm) = &impact.alarm {
            let place: Vec<&str> = [&alarm.account, &alarm.region]
                .into_iter()
                .filter_map(|part| part.as_deref())
                .collect();
            let lasted = match &impact.alarm_lasted {
                Some(span) => format!("; until recovery {}", span.says),
                None => "; since when it burnt is not known".into(),
            };
            self.say(format!(
                "Alarm **{}** {}{lasted}.\n",
                plain(&alarm.name),
                plain(&place.join(" "))
            ));
            if let Some(reason) = &alarm.reason {
                self.say(format!("> {}\n", plain(reason)));
            }
        }
        let all = |values: &[String]| match values {
            [] => "not known: no touched machine has such a tag".to_owned(),
            values => values
                .iter()
                .map(|value| plain(value))
                .collect::<Vec<_>>()
                .join(", "),
        };
        self.say(format!("- Services: {}", all(&impact.services)));
        self.say(format!("- Teams: {}", all(&impact.teams)));
        if impact.targets.is_empty() {
            return self.say("- No machine was touched from here.");
        }
        self.say("");
        let cell = |text: &Option<String>| plain(text.as_deref().unwrap_or("—"));
        let rows = impact.targets.iter().map(|target| {
            vec![
                plain(&target.id),
                cell(&target.name),
                cell(&target.account),
                cell(&target.region),
                cell(&target.environment),
                cell(&target.service),
                cell(&target.team),
            ]
        });
        self.table(
            &[
                "Machine",
                "Name",
                "Account",
                "Region",
                "Environment",
                "Service",
                "Team",
            ],
            rows,
        );
    }

    fn people(&mut self, report: &Report) {
        self.section("People");
        let rows = report.people.iter().map(|person| {
            vec![
                plain(&person.name),
                plain(&person.roles.join(", ")),
                person.commands.to_string(),
                person.notes.to_string(),
                person.did.to_string(),
            ]
        });
        self.table(&["Who", "Role", "Commands", "Notes", "Entries"], rows);
    }

    fn timeline(&mut self, report: &Report) {
        self.section("Timeline");
        let rows = report.timeline.iter().map(|item| {
            vec![
                self.zone.moment(item.at),
                item.kind.as_str().to_owned(),
                plain(item.who.as_deref().unwrap_or("—")),
                on(item),
                what(item),
                item.spot.as_ref().map(place).unwrap_or_default(),
            ]
        });
        let rows: Vec<Vec<String>> = rows.collect();
        self.table(
            &["Time", "Kind", "Who", "On", "What", "Recording"],
            rows.into_iter(),
        );
    }

    fn commands(&mut self, report: &Report) {
        self.section("Commands");
        let is_run = |item: &&Item| {
            matches!(
                item.kind,
                Kind::Command | Kind::Step | Kind::FanOut | Kind::Result
            )
        };
        let rows: Vec<Vec<String>> = report
            .timeline
            .iter()
            .filter(is_run)
            .map(|item| {
                vec![
                    self.zone.moment(item.at),
                    on(item),
                    code(&item.says),
                    item.exit.map_or_else(|| "—".into(), |code| code.to_string()),
                    item.known.unwrap_or("—").to_owned(),
                ]
            })
            .collect();
        if rows.is_empty() {
            return self.say("None is known.");
        }
        self.table(&["Time", "On", "Command", "Exit", "Known by"], rows.into_iter());
        self.say("\n`inferred` is a guess from what stood behind a prompt; `typed` is what was typed, to a shell or to whatever was asking. An exit code that nobody told is left out.");
    }

    fn evidence(&mut self, report: &Report) {
        self.section("Evidence");
        if report.evidence.is_empty() {
            return self.say("No step left an output as evidence.");
        }
        for evidence in &report.evidence {
            let how = match (evidence.ok, evidence.failed) {
                (false, _) => "NOT what was kept",
                (true, true) => "failed; its end",
                (true, false) => "as it was kept",
            };
            self.say(format!(
                "### Step {} on {}: {}\n\nRun {}, {} bytes, SHA-256 `{}`, {how}.\n",
                plain(&evidence.step),
                plain(&evidence.target),
                plain(&evidence.title),
                plain(&evidence.run),
                evidence.bytes,
                line(&evidence.sha256),
            ));
            if evidence.left_out > 0 {
                self.say(format!("{} bytes before this are left out.\n", evidence.left_out));
            }
            let text = text::lines(&evidence.text);
            let fence = "`".repeat(longest_run(&text).max(2) + 1);
            self.say(format!("{fence}text\n{}\n{fence}\n", text.trim_end_matches('\n')));
        }
    }

    fn cost(&mut self, report: &Report) {
        self.section("Cost during the incident");
        let cost = &report.cost;
        match (&cost.during, &cost.currency) {
            (Some(during), Some(currency)) => {
                self.say(format!(
                    "**{during} {}**, {}.",
                    plain(currency),
                    plain(&cost.says)
                ));
            }
            _ => self.say(format!("{}.", plain(&cost.says))),
        }
        if cost.during.is_some() {
            self.say("");
            let amount = |amount: &Option<String>| amount.clone().unwrap_or_else(|| "not known".into());
            let rows = cost
                .targets
                .iter()
                .map(|price| vec![plain(&price.id), amount(&price.a_day), amount(&price.during)]);
            self.table(&["Machine", "A day", "During"], rows);
        }
        if let (Some(days), false) = (&cost.days, cost.accounts.is_empty()) {
            self.say(format!(
                "\nAll that the touched accounts were billed from {days}:\n"
            ));
            for bill in &cost.accounts {
                self.say(format!("- {}: {}", plain(&bill.account), bill.cost));
            }
        }
    }

    fn recordings(&mut self, report: &Report) {
        self.section("Recordings");
        if report.recordings.is_empty() {
            return self.say("None.");
        }
        let rows: Vec<Vec<String>> = report
            .recordings
            .iter()
            .map(|tape| {
                let trust = tape.trust.as_ref();
                let verdict = trust.map_or("not checked", |trust| if trust.ok { "ok" } else { "NOT OK" });
                vec![
                    code(&tape.id),
                    plain(&tape.kind),
                    plain(&tape.target),
                    self.zone.stamped(&tape.started_at),
                    tape.duration_us.map_or_else(|| "—".into(), text::lasted),
                    verdict.to_owned(),
                    trust.map_or("—", |trust| trust.state).to_owned(),
                    trust.map_or("—", |trust| trust.evidence).to_owned(),
                    plain(trust.map_or("", |trust| &trust.says)),
                ]
            })
            .collect();
        let heads = [
            "Recording",
            "Kind",
            "On",
            "Began",
            "Length",
            "Verified",
            "State",
            "Evidence",
            "Says",
        ];
        self.table(&heads, rows.into_iter());
    }

    fn rest(&mut self, report: &Report) {
        self.section("What this report does not know");
        let journal = &report.journal;
        let word = if journal.ok { "whole" } else { "NOT whole" };
        self.say(format!(
            "- The incident's journal is {word}: {} lines, {} of them known to the audit log.",
            journal.lines, journal.witnessed
        ));
        for fault in &journal.faults {
            self.say(format!("- Journal, {}.", plain(fault)));
        }
        for warning in &report.warnings {
            self.say(format!("- {}.", plain(warning)));
        }
        self.say("- It tells what was done through Quarterdeck by those whose work this data directory holds; a colleague's exported audit log joins it with `--with FILE`.");
        self.section("Causes");
        self.say("_To be written._");
        self.section("Actions");
        self.say("- [ ] _To be written._");
    }
}

fn on(item: &Item) -> String {
    plain(item.target.as_ref().map_or("", |target| target.label()))
}

fn what(item: &Item) -> String {
    let mut says = match item.kind {
        Kind::Command | Kind::FanOut => code(&item.says),
        _ => plain(&item.says),
    };
    if let Some(exit) = item.exit {
        let _ = write!(says, " (exit {exit})");
    }
    if item.failed && item.exit.is_none() {
        says.push_str(" **failed**");
    }
    if item.known == Some("inferred") {
        says.push_str(" _inferred_");
    }
    if let Some(from) = &item.from {
        let _ = write!(says, " _told by {}_", plain(from));
    }
    if item.clock_went_back {
        says.push_str(" _the clock went back before this_");
    }
    says
}

fn place(spot: &Spot) -> String {
    format!(
        "`qd recordings play {} --at {}`",
        line(&spot.recording).replace(['`', '|'], ""),
        clock(spot.at_us)
    )
}
