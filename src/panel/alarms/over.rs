//! What lies over the alarms: the choice between runbooks that answer as well, and what was done the last times.

use crossterm::event::{KeyCode, KeyEvent};
use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use super::act::open;
use crate::alarm::past::{Kind, Recalled};
use crate::alarm::{Alarm, Answer, History, reason};
use crate::app::{Effect, Model, Notice, Overlay, Weight};
use crate::panel::age;
use crate::panel::list::Step;
use crate::ui::list::{Lines, List};
use crate::ui::popup::{Frame, centred};
use crate::ui::wrap::{Blanks, wrap_spans};
use crate::ui::{Cursor, Ids, Look, Role, text};

const WIDTH: u16 = 110;

#[derive(Debug)]
pub struct Over {
    alarm: Alarm,
    what: What,
    cursor: Cursor<usize>,
}

#[derive(Debug)]
enum What {
    Choice(Vec<Answer>),
    Past {
        recalled: Vec<Recalled>,
        burned: Burned,
        /// What is on this machine was looked through.
        is_closer: bool,
        now: Timestamp,
    },
}

/// What CloudWatch says of how often an alarm burned.
#[derive(Clone, Debug)]
pub enum Burned {
    Asking,
    Untold,
    Known(History),
}

impl Over {
    pub(super) fn choice(alarm: Alarm, answers: Vec<Answer>) -> Over {
        let what = What::Choice(answers);
        Over {
            alarm,
            what,
            cursor: Cursor::default(),
        }
    }

    pub(super) fn past(alarm: Alarm, recalled: Vec<Recalled>, now: Timestamp) -> Over {
        let what = What::Past {
            recalled,
            burned: Burned::Asking,
            is_closer: false,
            now,
        };
        Over {
            alarm,
            what,
            cursor: Cursor::default(),
        }
    }
}

/// What a closer look found; dropped when something else lies on top by now.
pub fn looked_back(model: &mut Model, key: &str, burned: Burned, recalled: Vec<Recalled>) -> Vec<Effect> {
    if let Some(Overlay::Alarm(over)) = &mut model.overlay
        && over.alarm.key() == key
        && matches!(over.what, What::Past { .. })
    {
        over.what = What::Past {
            recalled,
            burned,
            is_closer: true,
            now: model.now,
        };
    }
    Vec::new()
}

pub fn press(model: &mut Model, mut over: Over, key: KeyEvent) -> Vec<Effect> {
    let step = match key.code {
        KeyCode::Down | KeyCode::Char('j') => Step::By(1),
        KeyCode::Up | KeyCode::Char('k') => Step::By(-1),
        KeyCode::PageDown => Step::Page(1),
        KeyCode::PageUp => Step::Page(-1),
        KeyCode::Home => Step::Top,
        KeyCode::End | KeyCode::Char('G') => Step::Bottom,
        KeyCode::Esc | KeyCode::Char('q' | 'h') => return Vec::new(),
        KeyCode::Enter => return choose(model, over),
        _ => Step::By(0),
    };
    let mut cursor = std::mem::take(&mut over.cursor);
    step.apply(&mut cursor, &over);
    over.cursor = cursor;
    model.overlay = Some(Overlay::Alarm(Box::new(over)));
    Vec::new()
}

fn choose(model: &mut Model, over: Over) -> Vec<Effect> {
    let at = over.cursor.index(&over);
    match over.what {
        What::Choice(answers) => match at.and_then(|at| answers.get(at)) {
            Some(answer) => open(model, over.alarm, answer),
            None => Vec::new(),
        },
        What::Past { recalled, .. } => match at.and_then(|at| recalled.get(at)) {
            Some(one) => go(model, one),
            None => Vec::new(),
        },
    }
}

/// To its recording; what has none is for the command line.
fn go(model: &mut Model, one: &Recalled) -> Vec<Effect> {
    let episode = &one.episode;
    if let Some(path) = &episode.path {
        return vec![Effect::Play {
            path: path.clone(),
            title: episode.title.clone(),
            found: None,
            beside: None,
        }];
    }
    let hint = match episode.kind {
        Kind::Run => format!("qd runbooks runs show {}", episode.id),
        Kind::Incident => format!("qd report {}", episode.id),
        Kind::Session => "qd recordings ls".to_owned(),
    };
    let says = format!("{} has no recording here", episode.title);
    model.notice(Notice::new(Weight::Info, says).hint(hint));
    Vec::new()
}

impl Ids for Over {
    type Id = usize;

    fn len(&self) -> usize {
        match &self.what {
            What::Choice(answers) => answers.len(),
            What::Past { recalled, .. } => recalled.len(),
        }
    }

    fn id_at(&self, index: usize) -> Option<usize> {
        (index < self.len()).then_some(index)
    }
}

impl Lines for Over {
    fn line(&self, index: usize, look: &Look<'_>) -> Line<'_> {
        let (dim, text_style) = (look.of(Role::Dim), look.of(Role::Text));
        let quote = |said: &str| text::quote(said).into_owned();
        match &self.what {
            What::Choice(answers) => answers.get(index).map_or(Line::default(), |answer| {
                Line::from(vec![
                    Span::styled(quote(&answer.title), text_style),
                    Span::styled(format!("  {}", quote(&answer.name)), dim),
                ])
            }),
            What::Past { recalled, now, .. } => recalled.get(index).map_or(Line::default(), |one| {
                let episode = &one.episode;
                let lasted = episode.lasted_for.map_or("going on".to_owned(), age::short);
                let ago = age::since(episode.started_at, *now);
                Line::from(vec![
                    Span::styled(format!("{ago:>4} ago  "), look.of(Role::Accent)),
                    Span::styled(text::fit(&quote(&episode.who), 10), text_style),
                    Span::styled(format!(" {:<8} {lasted:>8}  ", episode.kind.as_str()), dim),
                    Span::styled(format!("{:<9} ", quote(&episode.outcome)), dim),
                    Span::styled(quote(&episode.title), text_style),
                ])
            }),
        }
    }

    fn note(&self, index: usize, look: &Look<'_>) -> Option<Line<'_>> {
        let dim = look.of(Role::Dim);
        match &self.what {
            What::Choice(answers) => {
                let answer = answers.get(index)?;
                let overdue = if answer.is_overdue { ", review overdue" } else { "" };
                Some(Line::styled(format!("{}{overdue}", reason(answer.why)), dim))
            }
            What::Past { recalled, .. } => {
                let one = recalled.get(index)?;
                let when = if one.is_since { "since it went off, " } else { "" };
                Some(Line::styled(format!("{when}{}", one.why.says()), dim))
            }
        }
    }
}

pub fn view(over: &Over, whole: Rect, buf: &mut Buffer, look: &Look) {
    let width = WIDTH.min(whole.width);
    let foot = foot(over, usize::from(width.saturating_sub(4)).max(1), look);
    let rows = u16::try_from(over.len().max(1)).unwrap_or(u16::MAX);
    let below = u16::try_from(foot.len()).unwrap_or(u16::MAX);
    let height = rows.saturating_add(below).saturating_add(3);
    let area = centred(whole, width, height.min(whole.height.saturating_sub(2)));
    let name = text::truncate(&text::quote(&over.alarm.name), 60).into_owned();
    let (title, keys) = match over.what {
        What::Choice(_) => (format!("Which runbook for {name}?"), "enter open"),
        What::Past { .. } if over.is_empty() => (format!("Last time: {name}"), ""),
        What::Past { .. } => (format!("Last time: {name}"), "enter play the recording"),
    };
    let frame = Frame {
        title: Line::styled(title, look.of(Role::Title)),
        note: Line::styled(keys, look.of(Role::Dim)),
        focused: true,
        over: true,
    };
    let inner = frame.paint(area, buf, look);
    let [list, lines] = Layout::vertical([Constraint::Min(1), Constraint::Length(below)]).areas(inner);
    let painted = List {
        rows: over,
        focused: true,
        empty: match over.what {
            What::Past { is_closer: false, .. } => "looking at what was done here…",
            _ => "no run and no session here is known to have to do with it",
        },
    };
    painted.paint(list, buf, look, &over.cursor);
    for (y, line) in (lines.top()..lines.bottom()).zip(&foot) {
        buf.set_line(
            lines.x + 1.min(lines.width),
            y,
            line,
            lines.width.saturating_sub(2),
        );
    }
}

/// What fixed it, and how the alarm itself behaved.
fn foot(over: &Over, room: usize, look: &Look) -> Vec<Line<'static>> {
    let What::Past { recalled, burned, .. } = &over.what else {
        return Vec::new();
    };
    let mut says = vec![String::new()];
    let selected = over.cursor.index(over).and_then(|at| recalled.get(at));
    if let Some(fix) = selected.and_then(|one| one.fix.as_ref()) {
        let quiet = match fix.before_ok {
            true => "the alarm went quiet after it",
            false => "the last change that went well",
        };
        says.push(format!(
            "perhaps fixed by: {}  (a guess: {quiet})",
            text::quote(&fix.text)
        ));
    }
    says.push(match burned {
        Burned::Known(history) => {
            let typical = history.typical_for.map_or(String::new(), |typical| {
                format!(", for {} as a rule", age::short(typical))
            });
            let often = match history.burned_at.len() {
                1 => "once".to_owned(),
                times => format!("{times} times"),
            };
            format!("it burned {often} in 30 days{typical}")
        }
        Burned::Asking => "asking how often it burned…".into(),
        Burned::Untold => "CloudWatch does not tell how often it burned".into(),
    });
    let spans = |said: String| [Span::styled(said, look.of(Role::Info))];
    let wrapped = says.into_iter().flat_map(|said| match said.is_empty() {
        true => vec![Line::default()],
        false => wrap_spans(&spans(said), room, Blanks::Fold),
    });
    wrapped.collect()
}
