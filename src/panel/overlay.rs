//! What lies on top: input line, palette, help, questions. It takes the keys until it is closed.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Clear, Widget};

use crate::app::{
    Ask, Command, Effect, Model, Notice, Overlay, Room, ToSession, Weight, begun, dispatch, narrow, perform,
    to_session,
};
use crate::fanout::Limit;
use crate::ui::popup::Confirm;
use crate::ui::prompt::{Field, Prompt, Reply};
use crate::ui::{Look, Role, text};

use super::{
    alarms, carry, costs, documents, edit, fanout, fleet, forwards, help, incident, palette, recordings,
    runbooks, word,
};

pub fn press(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    match model.overlay.take() {
        None => Vec::new(),
        Some(Overlay::Prompt { ask, prompt }) => prompted(model, ask, prompt, key),
        Some(Overlay::Palette { prompt, cursor }) => palette::press(model, prompt, cursor, key),
        Some(Overlay::Dimensions {
            inside,
            prompt,
            cursor,
        }) => costs::choose(model, inside, prompt, cursor, key),
        Some(Overlay::Help { offset }) => {
            model.overlay = help::press(key, offset).map(|offset| Overlay::Help { offset });
            Vec::new()
        }
        Some(Overlay::Commands { cursor }) => recordings::choose(model, cursor, key),
        Some(Overlay::Notices { offset }) => {
            model.overlay = help::press(key, offset).map(|offset| Overlay::Notices { offset });
            Vec::new()
        }
        Some(Overlay::Edit {
            title,
            area,
            before,
            yes,
            grave,
        }) => edit::press(model, title, area, before, yes, grave, key),
        Some(Overlay::Places(places)) => runbooks::choose(model, places, key),
        Some(Overlay::EditPage(draft)) => runbooks::press_edit(model, draft, key),
        Some(Overlay::Alarm(over)) => alarms::press_over(model, *over, key),
        Some(Overlay::Start(start)) => carry::press_start(model, start, key),
        Some(overlay) => questioned(model, overlay, key),
    }
}

fn prompted(model: &mut Model, ask: Ask, mut prompt: Prompt, key: KeyEvent) -> Vec<Effect> {
    match prompt.press(&key) {
        Reply::Cancelled => match ask {
            Ask::Filter { .. } if model.room == Room::Costs => Vec::new(),
            Ask::Filter { before } => narrow(model, before),
            Ask::Variable { .. } | Ask::SendPhrase => runbooks::abandon(model),
            Ask::Run | Ask::RunReason | Ask::RunLimit(_) | Ask::RunPhrase => fanout::left(model),
            Ask::Forward { .. } | Ask::ForwardReason { .. } => Vec::new(),
            Ask::Find => recordings::leave(model),
            Ask::DocumentPhrase => documents::typed(model, ""),
            Ask::Given => carry::unset(model),
            Ask::Parameter { .. } | Ask::Approval { .. } => Vec::new(),
            Ask::Command
            | Ask::Reason { .. }
            | Ask::Compare
            | Ask::ViewName
            | Ask::Snooze
            | Ask::Withdraw
            | Ask::Step
            | Ask::Incident(_) => Vec::new(),
        },
        Reply::Submitted => answer(model, ask, prompt.text().to_owned()),
        Reply::Changed => {
            let text = prompt.text().to_owned();
            // A search in a recording reads all of it, and another filter of costs may have a price: they wait for enter.
            let live = matches!(ask, Ask::Filter { .. }) && !matches!(model.room, Room::Player | Room::Costs);
            let finds = ask == Ask::Find;
            model.overlay = Some(Overlay::Prompt { ask, prompt });
            match () {
                () if live => narrow(model, text),
                () if finds => recordings::sought(model, text, false),
                () => Vec::new(),
            }
        }
        Reply::Moved | Reply::Ignored => keep(model, Overlay::Prompt { ask, prompt }),
    }
}

/// Enter answers yes only where nothing is at stake: no production, no work, no money.
fn questioned(model: &mut Model, overlay: Overlay, key: KeyEvent) -> Vec<Effect> {
    let no = matches!(key.code, KeyCode::Esc | KeyCode::Char('n' | 'q'));
    let yes = key.code == KeyCode::Char('y');
    let enter = key.code == KeyCode::Enter;
    match overlay {
        Overlay::Run if no => fanout::abandon(model),
        Overlay::Run if yes || (enter && !fanout::is_grave(model)) => fanout::agree(model),
        Overlay::Run => {
            let changed = match key.code {
                KeyCode::Char(key) => fanout::change(model, key),
                _ => None,
            };
            changed.unwrap_or_else(|| keep(model, Overlay::Run))
        }
        _ if no => Vec::new(),
        Overlay::Confirm { then, grave, .. } if yes || (enter && !grave) => perform(model, then),
        Overlay::Paste { text } if yes => to_session(model, ToSession::Paste(text)),
        Overlay::Preview {
            title,
            text,
            yes,
            grave,
        } if key.code == KeyCode::Char('e') => edit::begin(model, title, text, yes, grave),
        Overlay::Preview {
            yes: effects, grave, ..
        } if yes || (enter && !grave && !sends_to_production(model)) => {
            model.go(Room::Sessions);
            effects.into_iter().map(|effect| begun(model, effect)).collect()
        }
        overlay => keep(model, overlay),
    }
}

/// What a preview shows goes to the focused session.
fn sends_to_production(model: &Model) -> bool {
    model.sessions.current().is_some_and(|tab| tab.production)
}

fn keep(model: &mut Model, overlay: Overlay) -> Vec<Effect> {
    model.overlay = Some(overlay);
    Vec::new()
}

fn answer(model: &mut Model, ask: Ask, text: String) -> Vec<Effect> {
    match ask {
        Ask::Command if text.trim().is_empty() => Vec::new(),
        Ask::Command => match Command::parse(&text) {
            Ok(command) => dispatch(model, command),
            Err(bad) => {
                model.notice(Notice::new(Weight::Bad, bad.to_string()));
                Vec::new()
            }
        },
        Ask::Filter { .. } => narrow(model, text),
        Ask::Find => recordings::sought(model, text, true),
        Ask::Reason { node } if text.trim().is_empty() => {
            model.notice(Notice::new(Weight::Warn, "a reason is wanted for this instance"));
            keep(
                model,
                Overlay::Prompt {
                    ask: Ask::Reason { node },
                    prompt: Prompt::default(),
                },
            )
        }
        Ask::Reason { node } => fleet::open(model, *node, text.trim().to_owned()),
        Ask::Step => carry::given(model, text),
        Ask::Given => carry::set(model, text),
        Ask::Parameter { name } => documents::filled(model, name, text),
        Ask::DocumentPhrase => documents::typed(model, &text),
        Ask::Approval { verb } => documents::said(model, verb, text),
        Ask::Variable { name } => runbooks::given(model, name, text),
        Ask::SendPhrase => runbooks::named(model, &text),
        Ask::Run => fanout::typed(model, text),
        Ask::RunReason => fanout::explained(model, text),
        Ask::RunLimit(limit) => fanout::limited(model, limit, text),
        Ask::RunPhrase => fanout::confirmed(model, &text),
        Ask::Forward { node } => forwards::typed(model, node, text),
        Ask::ForwardReason { rows } => forwards::explained(model, rows, text),
        Ask::Compare => costs::compare(model, text),
        Ask::ViewName => costs::save(model, text),
        Ask::Snooze => costs::snooze(model, text),
        Ask::Withdraw => costs::withdraw(model, text),
        Ask::Incident(ask) => incident::answered(model, ask, text),
    }
}

pub fn paste(model: &mut Model, text: &str) -> Vec<Effect> {
    if let Some(Overlay::EditPage(draft)) = &mut model.overlay {
        draft.paste(text);
        return Vec::new();
    }
    if let Some(Overlay::Prompt { ask, prompt }) = &mut model.overlay {
        prompt.paste(text);
        if *ask == Ask::Find {
            let text = prompt.text().to_owned();
            return recordings::sought(model, text, false);
        }
        if matches!(ask, Ask::Filter { .. }) && model.room != Room::Costs {
            let text = prompt.text().to_owned();
            return narrow(model, text);
        }
    }
    Vec::new()
}

fn label(model: &Model, ask: &Ask) -> String {
    match ask {
        Ask::Command => ":".into(),
        Ask::Filter { .. } => "/".into(),
        Ask::Find => "find:".into(),
        Ask::Reason { node } => format!("why a session on {}?", text::quote(&node.name)),
        Ask::Step => text::quote(&carry::label(model)).into_owned(),
        Ask::Given => "set:".into(),
        Ask::Parameter { name } => text::quote(&documents::label(model, name)).into_owned(),
        Ask::DocumentPhrase => format!("type {} to start it:", text::quote(&documents::phrase(model))),
        Ask::Approval { verb } => documents::asked(model, *verb).into(),
        Ask::Variable { name } => format!("{name} ="),
        Ask::SendPhrase => format!("type {} to send it:", text::quote(runbooks::phrase(model))),
        Ask::Run => fanout::label(model),
        Ask::RunReason => "why is it run there?".into(),
        Ask::RunPhrase => format!("type {} to run it:", text::quote(&fanout::phrase(model))),
        Ask::RunLimit(limit) => match limit {
            Limit::Concurrency => "how many at a time?".into(),
            Limit::Errors => "how many may fail?".into(),
            Limit::Lasts => "seconds on each machine:".into(),
        },
        Ask::Forward { node: Some(node) } => format!("forward which port of {}?", text::quote(&node.name)),
        Ask::Forward { node: None } => "forward:".into(),
        Ask::ForwardReason { rows } => forwards::label(model, rows),
        Ask::Compare => "compare:".into(),
        Ask::ViewName => "keep this view as:".into(),
        Ask::Snooze => "until which day, and why?".into(),
        Ask::Withdraw => "why is it taken back?".into(),
        Ask::Incident(ask) => incident::label(model, *ask),
    }
}

/// Why the last answer was not taken: the prompt covers the line where notices stand.
fn refused<'a>(model: &'a Model, ask: &Ask) -> &'a str {
    let fresh = model.notices.last().filter(|_| model.notice_for > 0);
    match (ask, fresh) {
        (
            Ask::Reason { .. }
            | Ask::Run
            | Ask::RunReason
            | Ask::RunLimit(_)
            | Ask::Forward { .. }
            | Ask::ForwardReason { .. }
            | Ask::Compare
            | Ask::ViewName
            | Ask::Snooze
            | Ask::Withdraw
            | Ask::Parameter { .. }
            | Ask::Given
            | Ask::Variable { .. }
            | Ask::Incident(_)
            | Ask::Filter { .. },
            Some(notice),
        ) if notice.weight == Weight::Warn => &notice.says,
        _ => "",
    }
}

/// What is typed as it is understood, below it; nothing where it reads as it is meant.
fn echo(model: &Model, ask: &Ask, typed: &str) -> String {
    match ask {
        Ask::Compare => costs::reading(model, typed),
        _ => String::new(),
    }
}

fn placeholder(model: &Model, ask: &Ask) -> &'static str {
    match (ask, model.room) {
        (Ask::Command, _) => "go.fleet, app.theme fjord, player.seek 1:30…",
        (Ask::Filter { .. }, Room::Fleet) => "web state:running tag.team:pay -region:us-* /regex/",
        (Ask::Filter { .. }, Room::Recordings) => "web who:mara after:7d state:torn evidence:local",
        (Ask::Filter { .. }, Room::Runbooks) if model.runbooks.is_reading() => "a phrase of this page",
        (Ask::Filter { .. }, Room::Runbooks) => "words tag:web alarm:5xx cmd:drain owner:team is:overdue",
        (Ask::Filter { .. }, Room::Costs) => "service:*EC2* -region:us-* tag.team:pay account:1111*",
        (Ask::Filter { .. }, Room::Incident) => "words: title, sev1, closed, a person, an alarm",
        (Ask::Filter { .. }, Room::Player) => "words \"a phrase\" /regex/ cmd:word exit:1",
        (Ask::Filter { .. }, _) => "words",
        (Ask::Find, _) => "words \"a phrase\" /regex/ who:mara target:web-* after:7d cmd:word exit:!0",
        (Ask::Run, _) => "a command for sh, or for PowerShell on Windows",
        (Ask::RunLimit(limit), _) => match limit {
            Limit::Concurrency => "10, or a share such as 25%; nothing: 50 of each batch",
            Limit::Errors => "3, or a share such as 10%; nothing: all are asked",
            Limit::Lasts => "1 to 172800; nothing: 600",
        },
        (Ask::Reason { .. } | Ask::RunReason | Ask::ForwardReason { .. }, _) => {
            "ticket and what for; goes to AWS and into the recording"
        }
        (Ask::Forward { node: Some(_) }, _) => "5432, 15432:5432, 15432:db.internal:5432, /tmp/db.sock:5432",
        (Ask::Forward { node: None }, _) => "15432:db.internal:5432 on web-01",
        (Ask::Given, _) => "NAME=VALUE; NAME= takes it away",
        (Ask::Variable { .. } | Ask::SendPhrase | Ask::Step | Ask::DocumentPhrase | Ask::RunPhrase, _) => "",
        (Ask::Parameter { name }, _) if documents::is_reach(name) => "nothing: as if it were not said",
        (Ask::Parameter { .. }, _) => "a value; a list as [\"a\", \"b\"]; nothing: the default",
        (Ask::Approval { .. }, _) => "a comment for AWS and the audit log, or nothing",
        (Ask::Compare, _) => "month, months, 7d, 2026-11-01..2026-11-08 vs 2026-10-25..2026-11-01",
        (Ask::ViewName, _) => "a name, such as network or team-pay",
        (Ask::Snooze, _) => "2026-12-01 the migration ends in November",
        (Ask::Withdraw, _) => "the ledger keeps it: the owners want it as it is",
        (Ask::Incident(ask), _) => incident::placeholder(*ask),
    }
}

/// The prompt: below what it is about where it wants a word for production, else on the last line.
fn prompt_line(
    model: &Model,
    ask: &Ask,
    prompt: &Prompt,
    whole: Rect,
    buf: &mut Buffer,
    look: &Look,
) -> Option<Position> {
    let error = refused(model, ask);
    let field = Field {
        label: &label(model, ask),
        placeholder: placeholder(model, ask),
        secret: *ask == Ask::Step && carry::is_secret(model),
        error,
    };
    let boxed =
        word::says(model, ask, look).and_then(|says| word::view(&says, &field, prompt, whole, buf, look));
    if boxed.is_some() {
        return boxed;
    }
    let echo = match error {
        "" => echo(model, ask, prompt.text()),
        _ => String::new(),
    };
    let below = !(error.is_empty() && echo.is_empty());
    let height = (1 + u16::from(below)).min(whole.height);
    let line = Rect {
        y: whole.bottom() - height,
        height,
        ..whole
    };
    Clear.render(line, buf);
    buf.set_style(line, look.of(Role::Prompt));
    let cursor = field.paint(line, buf, look, prompt);
    let second = Rect {
        y: line.y + 1,
        height: height.saturating_sub(1),
        ..line
    };
    Line::styled(echo, look.of(Role::Dim)).render(second, buf);
    cursor
}

pub fn view(model: &Model, whole: Rect, frame: &mut Frame, look: &Look) {
    let Some(overlay) = &model.overlay else { return };
    let buf = frame.buffer_mut();
    let cursor = match overlay {
        Overlay::Prompt { ask, prompt } => prompt_line(model, ask, prompt, whole, buf, look),
        Overlay::Palette { prompt, cursor } => palette::view(model, prompt, cursor, whole, buf, look),
        Overlay::Dimensions {
            inside,
            prompt,
            cursor,
        } => costs::choices(model, inside.as_deref(), (prompt, cursor), whole, buf, look),
        Overlay::Help { offset } => help::view(model, *offset, whole, buf, look),
        Overlay::Commands { cursor } => recordings::commands(model, cursor, whole, buf, look),
        Overlay::Notices { offset } => help::notices(model, *offset, whole, buf, look),
        Overlay::Confirm { question, grave, .. } => {
            let says = lines(question.iter().map(String::as_str));
            let key = if *grave { "y" } else { "enter" };
            let (yes, no) = ((key, "yes"), ("n", "no"));
            Confirm {
                title: "Sure?",
                says: &says,
                yes,
                no,
                grave: *grave,
            }
            .paint(whole, buf, look);
            None
        }
        Overlay::Paste { text } => {
            let says = lines(text.lines());
            let (yes, no) = (("y", "paste"), ("n", "leave it"));
            Confirm {
                title: "Paste into production?",
                says: &says,
                yes,
                no,
                grave: true,
            }
            .paint(whole, buf, look);
            None
        }
        Overlay::Run => {
            fanout::preview(model, whole, buf, look);
            None
        }
        Overlay::Edit { title, area, .. } => edit::view(title, area, whole, buf, look),
        Overlay::Places(places) => {
            runbooks::view_places(places, whole, buf, look);
            None
        }
        Overlay::Start(start) => {
            carry::view_start(start, whole, buf, look);
            None
        }
        Overlay::Alarm(over) => {
            alarms::view_over(over, whole, buf, look);
            None
        }
        Overlay::EditPage(draft) => runbooks::view_edit(draft, whole, buf, look),
        Overlay::Preview {
            title, text, grave, ..
        } => {
            let says = lines(text.lines());
            let grave = *grave || sends_to_production(model);
            let key = if grave { "y" } else { "enter" };
            let (yes, no) = ((key, "send, e to change it"), ("n", "leave it"));
            Confirm {
                title,
                says: &says,
                yes,
                no,
                grave,
            }
            .paint(whole, buf, look);
            None
        }
    };
    if let Some(cursor) = cursor {
        frame.set_cursor_position(cursor);
    }
}

fn lines<'a>(of: impl Iterator<Item = &'a str>) -> Vec<Line<'static>> {
    of.map(|line| Line::raw(text::quote(line).into_owned())).collect()
}
