//! The report as one page that needs nothing else and runs nothing. Foreign text is escaped and kept to its own direction;
//! the page forbids itself every script and every address.

use std::fmt::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::Report;
use super::text::{self, Zone, clock, line};
use crate::incident::timeline::{Item, Kind};

const STYLE: &str = include_str!("style.css");

/// The whole page.
pub fn html(report: &Report, zone: &Zone) -> String {
    let mut page = Page {
        out: String::new(),
        zone,
    };
    let style = STANDARD.encode(Sha256::digest(STYLE));
    let _ = write!(
        page.out,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{}</title>\n<style>{STYLE}</style></head><body>\n",
        escaped(&report.title)
    );
    page.head(report);
    page.impact(report);
    page.people(report);
    page.timeline(report);
    page.evidence(report);
    page.cost(report);
    page.recordings(report);
    page.rest(report);
    page.out.push_str("</body></html>\n");
    page.out
}

fn escaped(text: &str) -> String {
    markup(&line(text))
}

fn markup(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

/// Foreign text, whichever way it is written.
fn own(text: &str) -> String {
    format!("<bdi>{}</bdi>", escaped(text))
}

struct Page<'z> {
    out: String,
    zone: &'z Zone,
}

impl Page<'_> {
    fn section(&mut self, title: &str) {
        let _ = writeln!(self.out, "<h2>{title}</h2>");
    }

    fn say(&mut self, html: &str) {
        let _ = writeln!(self.out, "<p>{html}</p>");
    }

    /// Cells are markup already.
    fn table(&mut self, heads: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
        self.out.push_str("<table><thead><tr>");
        for head in heads {
            let _ = write!(self.out, "<th>{head}</th>");
        }
        self.out.push_str("</tr></thead><tbody>\n");
        for row in rows {
            self.out.push_str("<tr>");
            for cell in row {
                let _ = write!(self.out, "<td>{cell}</td>");
            }
            self.out.push_str("</tr>\n");
        }
        self.out.push_str("</tbody></table>\n");
    }

    fn head(&mut self, report: &Report) {
        let _ = writeln!(
            self.out,
            "<h1>{}</h1><p><span class=\"badge {}\">{}</span> <span class=\"badge\">{}</span> {}</p>",
            own(&report.title),
            report.severity,
            report.severity,
            report.status.as_str(),
            escaped(&report.id)
        );
        let moment = |at: &Option<String>| escaped(&self.zone.stamped(at));
        let mut rows = vec![
            vec!["Began".to_owned(), moment(&report.started_at), String::new()],
            vec![
                "Acknowledged".to_owned(),
                moment(&report.acknowledged_at),
                escaped(&report.to_acknowledge.says),
            ],
            vec![
                "Mitigated".to_owned(),
                moment(&report.mitigated_at),
                escaped(&report.to_mitigate.says),
            ],
            vec![
                "Recovered".to_owned(),
                moment(&report.recovered_at),
                escaped(&report.to_recover.says),
            ],
            vec!["Closed".to_owned(), moment(&report.closed_at), String::new()],
            vec!["Opened by".to_owned(), own(&report.opened_by), String::new()],
        ];
        if let Some(item) = &report.opsitem {
            rows.push(vec!["OpsItem".into(), own(&item.id), own(&item.region)]);
        }
        self.table(&["", "When", "After"], rows);
        let zone = escaped(self.zone.name());
        self.say(&format!("All times are {zone}."));
    }

    fn impact(&mut self, report: &Report) {
        self.section("Impact");
        let impact = &report.impact;
        if let Some(alarm) = &impact.alarm {
            let lasted = impact
                .alarm_lasted
                .as_ref()
                .map_or("not known", |span| &span.says);
            self.say(&format!(
                "Alarm <b>{}</b> {} {}, until recovery {}. {}",
                own(&alarm.name),
                own(alarm.account.as_deref().unwrap_or_default()),
                own(alarm.region.as_deref().unwrap_or_default()),
                escaped(lasted),
                own(alarm.reason.as_deref().unwrap_or_default()),
            ));
        }
        let all = |values: &[String]| match values {
            [] => "not known".to_owned(),
            values => values
                .iter()
                .map(|value| own(value))
                .collect::<Vec<_>>()
                .join(", "),
        };
        self.say(&format!(
            "Services: {}. Teams: {}.",
            all(&impact.services),
            all(&impact.teams)
        ));
        let cell = |text: &Option<String>| own(text.as_deref().unwrap_or("—"));
        let rows = impact.targets.iter().map(|target| {
            let fields = [
                &target.name,
                &target.account,
                &target.region,
                &target.environment,
                &target.service,
                &target.team,
            ];
            let fields = fields.into_iter().map(cell);
            std::iter::once(own(&target.id)).chain(fields).collect()
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
            rows.collect::<Vec<_>>(),
        );
    }

    fn people(&mut self, report: &Report) {
        self.section("People");
        let rows = report.people.iter().map(|person| {
            vec![
                own(&person.name),
                own(&person.roles.join(", ")),
                person.commands.to_string(),
                person.notes.to_string(),
                person.did.to_string(),
            ]
        });
        self.table(&["Who", "Role", "Commands", "Notes", "Entries"], rows);
    }

    fn timeline(&mut self, report: &Report) {
        self.section("Timeline");
        let rows: Vec<Vec<String>> = report
            .timeline
            .iter()
            .map(|item| {
                let place = item.spot.as_ref().map(|spot| {
                    let at = clock(spot.at_us);
                    format!(
                        "<code>qd recordings play {} --at {at}</code>",
                        escaped(&spot.recording)
                    )
                });
                vec![
                    escaped(&self.zone.moment(item.at)),
                    item.kind.as_str().to_owned(),
                    own(item.who.as_deref().unwrap_or("—")),
                    own(item.target.as_ref().map_or("", |target| target.label())),
                    what(item),
                    item.exit.map_or_else(String::new, |code| code.to_string()),
                    place.unwrap_or_default(),
                ]
            })
            .collect();
        let heads = ["Time", "Kind", "Who", "On", "What", "Exit", "Recording"];
        self.table(&heads, rows);
    }

    fn evidence(&mut self, report: &Report) {
        self.section("Evidence");
        if report.evidence.is_empty() {
            self.say("No step left an output as evidence.");
        }
        for evidence in &report.evidence {
            let how = if evidence.ok {
                "as it was kept"
            } else {
                "NOT what was kept"
            };
            let _ = writeln!(
                self.out,
                "<h3>Step {} on {}: {}</h3><p>{} bytes, SHA-256 <code>{}</code>, {how}; {} bytes before this are left out.</p><pre dir=\"auto\">{}</pre>",
                own(&evidence.step),
                own(&evidence.target),
                own(&evidence.title),
                evidence.bytes,
                escaped(&evidence.sha256),
                evidence.left_out,
                markup(&text::lines(&evidence.text)),
            );
        }
    }

    fn cost(&mut self, report: &Report) {
        self.section("Cost during the incident");
        let cost = &report.cost;
        match (&cost.during, &cost.currency) {
            (Some(during), Some(currency)) => {
                let (during, currency) = (escaped(during), escaped(currency));
                self.say(&format!("<b>{during} {currency}</b>, {}.", escaped(&cost.says)));
            }
            _ => self.say(&format!("{}.", escaped(&cost.says))),
        }
        let amount = |amount: &Option<String>| escaped(amount.as_deref().unwrap_or("not known"));
        if cost.during.is_some() {
            let rows = cost
                .targets
                .iter()
                .map(|price| vec![own(&price.id), amount(&price.a_day), amount(&price.during)]);
            self.table(&["Machine", "A day", "During"], rows);
        }
    }

    fn recordings(&mut self, report: &Report) {
        self.section("Recordings");
        let rows: Vec<Vec<String>> = report
            .recordings
            .iter()
            .map(|tape| {
                let trust = tape.trust.as_ref();
                let verdict = match trust {
                    None => "not checked",
                    Some(trust) if trust.ok => "ok",
                    Some(_) => "<b class=\"bad\">NOT OK</b>",
                };
                vec![
                    format!("<code>{}</code>", escaped(&tape.id)),
                    escaped(&tape.kind),
                    own(&tape.target),
                    escaped(&self.zone.stamped(&tape.started_at)),
                    tape.duration_us.map_or_else(|| "—".into(), text::lasted),
                    verdict.to_owned(),
                    trust.map_or("—", |trust| trust.state).to_owned(),
                    trust.map_or("—", |trust| trust.evidence).to_owned(),
                    escaped(trust.map_or("", |trust| &trust.says)),
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
        self.table(&heads, rows);
    }

    fn rest(&mut self, report: &Report) {
        self.section("What this report does not know");
        let journal = &report.journal;
        let word = if journal.ok { "whole" } else { "NOT whole" };
        let mut items = vec![format!(
            "The incident's journal is {word}: {} lines, {} of them known to the audit log.",
            journal.lines, journal.witnessed
        )];
        items.extend(
            journal
                .faults
                .iter()
                .chain(&report.warnings)
                .map(|says| own(says)),
        );
        items.push("It tells what was done through Quarterdeck by those whose work this data directory holds; a colleague's exported audit log joins it with <code>--with FILE</code>.".into());
        self.out.push_str("<ul>");
        for item in items {
            let _ = writeln!(self.out, "<li>{item}</li>");
        }
        self.out.push_str("</ul>\n");
        self.section("Causes");
        self.say("<i>To be written.</i>");
        self.section("Actions");
        self.say("<i>To be written.</i>");
    }
}

fn what(item: &Item) -> String {
    let mut says = match item.kind {
        Kind::Command | Kind::FanOut | Kind::Step => format!("<code>{}</code>", own(&item.says)),
        _ => own(&item.says),
    };
    if item.failed {
        says.push_str(" <b class=\"bad\">failed</b>");
    }
    if item.known == Some("inferred") {
        says.push_str(" <i>inferred</i>");
    }
    if let Some(from) = &item.from {
        let _ = write!(says, " <i>told by {}</i>", own(from));
    }
    if item.clock_went_back {
        says.push_str(" <i>the clock went back before this</i>");
    }
    says
}
