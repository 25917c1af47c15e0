//! Painting what is asked before a run: what would run and where, and the keys that change it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::ui::popup::Confirm;
use crate::ui::{Look, Role, text};

use super::Part;
use super::start::Start;

/// What is about to begin, and the keys that change it.
pub fn view(start: &Start, whole: Rect, buf: &mut Buffer, look: &Look) {
    let grave = start.is_grave();
    let says = lines(start, look);
    Confirm {
        title: if grave { "Sure?" } else { "Run it?" },
        says: &says,
        yes: (if grave { "y" } else { "enter" }, "run it"),
        no: ("n", "leave it"),
        grave,
    }
    .paint(whole, buf, look);
}

fn lines(start: &Start, look: &Look) -> Vec<Line<'static>> {
    let line = |text: String, role| Line::styled(text::quote(&text).into_owned(), look.of(role));
    let badge = if start.is_grave() { "PRODUCTION " } else { "" };
    let mut says = match &start.place {
        Ok(place) => {
            let whole = place.whole(&start.plan);
            vec![line(
                format!("Run {} on {badge}{whole}?", start.plan.title),
                Role::Text,
            )]
        }
        Err(why) => vec![
            line(format!("Run {}?", start.plan.title), Role::Text),
            line(why.clone(), Role::Bad),
        ],
    };
    says.push(line(
        match start.count() {
            1 => "1 step; it is asked about if it changes something.".to_owned(),
            many => format!("{many} steps; each that changes something is asked about."),
        },
        Role::Dim,
    ));
    says.extend(start.elsewhere.as_ref().map(|name| {
        let told = format!("The alarm is about {name}: with its shell in front it runs there.");
        line(told, Role::Warn)
    }));
    let at = start.step().map(|step| format!("{} {}", step.number, step.title));
    let at = at.unwrap_or_default();
    let (mut from, mut only) = (("the first step".to_owned(), true), ("no".to_owned(), true));
    match &start.choice.part {
        Part::Whole => {}
        Part::From(_) => from = (at.clone(), false),
        Part::Only(_) => only = (at.clone(), false),
    }
    let looks = match start.choice.looks_only {
        true => ("only steps that look".to_owned(), false),
        false => ("checks and changes".to_owned(), true),
    };
    let values = start
        .choice
        .values
        .iter()
        .map(|(name, value)| format!("{name}={value}"));
    let values = match values.collect::<Vec<_>>().join(", ") {
        none if none.is_empty() => ("nothing".to_owned(), true),
        some => (some, false),
    };
    says.push(Line::default());
    says.extend([
        field("j k", "step", (at, true), look),
        field("b", "begin at", from, look),
        field("o", "only it", only, look),
        field("c", "checks", looks, look),
        field("v", "set", values, look),
    ]);
    says
}

/// What a key changes: its name, and the value that is bright where somebody chose it.
fn field(key: &str, name: &str, (value, is_default): (String, bool), look: &Look) -> Line<'static> {
    let role = if is_default { Role::Dim } else { Role::Accent };
    Line::from(vec![
        Span::styled(format!("{key:<4}"), look.of(Role::Key)),
        Span::styled(format!("{name:<10}"), look.of(Role::Text)),
        Span::styled(text::quote(&value).into_owned(), look.of(role)),
    ])
}
