//! One line that says what the totals are totals of: lens, charges in and out, periods; where from, how old, and what
//! asking has cost. Two people with other chips see other totals.

use jiff::civil::Date;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use crate::app::Model;
use crate::cost::{
    CENTS_PER_REQUEST, Charge, Comparison, Lens, Query, Report, Source, Span as Days, dollars, today,
};
use crate::panel::age;
use crate::ui::{Look, Role, text};

use super::head;
use super::view::dated;

pub fn view(model: &Model, area: Rect, buf: &mut Buffer, look: &Look) {
    let query = match &model.costs.report {
        Some(report) => &report.query,
        None => &model.costs.query,
    };
    let report = model.costs.report.as_ref();
    let currency = report
        .filter(|report| !report.others.is_empty())
        .map(Report::currency);
    let wanted = report.map_or(0, |report| {
        let badge = badge(model, report, look);
        badge.width() + doubt(report, look).map_or(0, |doubt| doubt.width()) + 3
    });
    let fits = |form: &Form| {
        let chips = chips(query, currency, today(model.now), *form, look);
        (chips.width() + wanted <= usize::from(area.width)).then_some(chips)
    };
    let left = Form::ALL.iter().find_map(fits);
    let left = left.unwrap_or_else(|| chips(query, currency, today(model.now), Form::LEAST, look));
    let taken = left.width() as u16 + 1;
    left.render(
        Rect {
            x: area.x + 1,
            width: area.width.saturating_sub(1),
            ..area
        },
        buf,
    );
    let Some(report) = &model.costs.report else { return };
    let room = area.width.saturating_sub(taken + 1);
    // What is least needed goes first: whose bill it is, then the month and the cap.
    let [badge, whose, spent, more] = origin(model, report, look);
    let doubt = doubt(report, look);
    let tries = [
        vec![&badge, &whose, &doubt, &spent, &more],
        vec![&badge, &doubt, &spent, &more],
        vec![&badge, &doubt, &spent],
        vec![&badge, &doubt],
        vec![&badge],
    ];
    for spans in tries {
        let line = Line::from(spans.into_iter().flatten().cloned().collect::<Vec<_>>());
        let wide = line.width() as u16;
        if wide < room {
            let x = area.right().saturating_sub(wide + 1);
            line.render(
                Rect {
                    x,
                    width: wide,
                    ..area
                },
                buf,
            );
            return;
        }
    }
}

/// What of the chips is said, where the badge must stand beside them: the headline has the days as well.
#[derive(Clone, Copy)]
struct Form {
    /// Each kind of charge that is in it, too; else those that are not.
    each_charge: bool,
    /// Both periods; else the first.
    both: bool,
}

impl Form {
    const LEAST: Form = Form {
        each_charge: false,
        both: false,
    };
    /// The fullest first.
    const ALL: [Form; 3] = [
        Form {
            each_charge: true,
            both: true,
        },
        Form {
            each_charge: false,
            both: true,
        },
        Form::LEAST,
    ];
}

/// The currency is one of them where the bill has several.
fn chips(query: &Query, currency: Option<&str>, today: Date, form: Form, look: &Look) -> Line<'static> {
    let lens = match query.lens {
        Lens::Unblended => "unblended",
        Lens::Amortized => "amortized",
        Lens::Net => "net",
        Lens::List => "list",
    };
    let mut spans = vec![Span::styled(lens, look.of(Role::Accent))];
    if !form.each_charge && query.without.is_empty() {
        spans.push(Span::styled(" all charges", look.of(Role::Dim)));
    }
    let is_told = |charge: &Charge| form.each_charge || query.without.contains(charge);
    for charge in Charge::ALL.into_iter().filter(is_told) {
        spans.push(Span::raw(" "));
        spans.push(match query.without.contains(&charge) {
            true => Span::styled(
                format!("-{}", charge.name()),
                look.of(Role::Warn).add_modifier(Modifier::REVERSED),
            ),
            false => Span::styled(format!("+{}", charge.name()), look.of(Role::Dim)),
        });
    }
    let span = match query.span {
        Days::Month => None,
        // As the sentence above has them, and not as they are typed: days that are chosen would be cut.
        Days::Chosen(Comparison { current, previous }) => {
            let [current, previous] = [current, previous].map(|period| period.in_year(today.year()));
            Some(match form.both {
                true => format!("{current} vs {previous}"),
                false => current,
            })
        }
        span => Some(span.to_string()),
    };
    if let Some(span) = span {
        spans.push(Span::styled(format!("  {span}"), look.of(Role::Accent)));
    }
    if let Some(currency) = currency {
        let says = format!("  {}", text::quote(currency));
        spans.push(Span::styled(says, look.of(Role::Accent)));
    }
    Line::from(spans)
}

/// Where it is from, and how old that is.
fn badge(model: &Model, report: &Report, look: &Look) -> Span<'static> {
    let origin = &report.origin;
    let age = head::last_day(report, today(model.now).year())
        .unwrap_or_else(|| format!("{} old", age::since(origin.read_at, model.now)));
    let role = match &origin.stale_because {
        Some(_) => Role::BadgeGap,
        None => Role::BadgeCached,
    };
    Span::styled(format!(" {} {age} ", origin.source.badge()), look.of(role))
}

/// That totals may lack something or have it twice, for as long as they are shown: the notice that says what goes.
fn doubt(report: &Report, look: &Look) -> Option<Span<'static>> {
    let says = || Span::styled("  in doubt: p chooses", look.of(Role::Warn));
    report.origin.doubts.is_some().then(says)
}

/// The badge, whose bill, what asking cost: the first is never left out.
fn origin(model: &Model, report: &Report, look: &Look) -> [Option<Span<'static>>; 4] {
    let origin = &report.origin;
    let badge = badge(model, report, look);
    let dim = look.of(Role::Dim);
    let whose = match &origin.source {
        Source::CostExplorer(profile) => format!(" {profile} {}", origin.account),
        _ => format!(" {}", origin.account),
    };
    let whose = Span::styled(text::truncate(&text::quote(&whose), 40).into_owned(), dim);
    // After midnight it is yesterday's until something is asked for again.
    let day = match model.costs.metered_on {
        Some(day) if day != today(model.now) => format!("on {}", dated(day, today(model.now).year())),
        _ => "today".to_owned(),
    };
    let spent = origin.spent.map(|spent| {
        let says = format!(" · {} req {} {day}", spent.today, dollars(spent.cents_today()));
        Span::styled(says, dim)
    });
    let more = origin.spent.map(|spent| {
        let (month, cap) = (spent.cents_month(), spent.cap * CENTS_PER_REQUEST);
        Span::styled(format!(" · {} month · cap {}", dollars(month), dollars(cap)), dim)
    });
    [Some(badge), Some(whose), spent, more]
}
