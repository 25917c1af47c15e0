//! Painting what is asked before a run: what would run and where, and the keys that change it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::ui::popup::{Confirm, field};
use crate::ui::{Look, Role, text};

use super::Part;
use super::start::Start;

/// What is about to begin, and the keys that change it.
pub fn view(start: &Start, whole: Rect, buf: &mut Buffer, look: &Look) {
    Confirm::run(&lines(start, look), start.is_grave()).paint(whole, buf, look);
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
            line(why.to_string(), Role::Bad),
        ],
    };
    says.push(line(
        match start.count() {
            1 if start.is_any_unasked() => "1 step; it changes something, and is not asked about.".to_owned(),
            many if start.is_any_unasked() => {
                format!("{many} steps; some that change something are not asked about (confirm=none).")
            }
            1 => "1 step; it is asked about if it changes something.".to_owned(),
            many => format!("{many} steps; each that changes something is asked about."),
        },
        Role::Dim,
    ));
    let others = start.plan.steps.len() - start.count();
    says.extend((others > 0).then(|| {
        let whole = start.plan.steps.len();
        line(
            format!(
                "The page has {whole}; {others} {} left out.",
                if others == 1 { "is" } else { "are" }
            ),
            Role::Dim,
        )
    }));
    says.extend(start.unasked.as_ref().map(|says| line(says.clone(), Role::Warn)));
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
    let field = |key, name, (value, is_default): (String, bool)| {
        field((key, 4), (name, 10), (&value, is_default), look)
    };
    says.push(Line::default());
    says.extend([
        field("j k", "step", (at, true)),
        field("b", "begin at", from),
        field("o", "only it", only),
        field("c", "checks", looks),
        field("v", "set", values),
    ]);
    says
}
