//! The one way the model changes. Keys go, in this order, to what lies on top, to the remote of a focused pane,
//! to the key map of the place.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::alarm::Wanted;
use crate::config::keys::Stroke;
use crate::panel::{
    alarms, audit, carry, costs, documents, fanout, fleet, forwards, incident, mouse, overlay, recordings,
    runbooks, sessions,
};

use super::command::{Command, Verb};
use super::effect::{Effect, Key, ToSession};
use super::guard::{self, Verdict};
use super::keymap::Meaning;
use super::model::{Model, Room};
use super::msg::{Msg, Notice, Weight};
use super::overlay::{Busy, Overlay};
use super::perform::perform;

/// What follows from `msg`.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    model.unchanged = false;
    match msg {
        Msg::Started => start(model),
        Msg::Ended => vec![Effect::Quit],
        Msg::Pressed(key) => press(model, key),
        Msg::Pasted(text) => paste(model, text),
        Msg::Moused(event) => mouse::moused(model, event),
        Msg::Resized { cols, rows } => {
            (model.cols, model.rows) = (cols, rows);
            sessions::resized(model)
        }
        Msg::Ticked => {
            tick(model);
            Vec::new()
        }
        Msg::Finished(key) => {
            let before = model.busy.len();
            model.busy.retain(|busy| busy.key != key);
            model.costs.finished(&key);
            // Work that was shown nowhere ends unseen.
            model.unchanged = model.busy.len() == before && matches!(key, Key::Alarms | Key::Lessons);
            Vec::new()
        }
        Msg::Noticed(notice) => {
            model.notice(notice);
            Vec::new()
        }
        Msg::FleetCached { nodes, age } => fleet::cached(model, nodes, age),
        Msg::FleetArrived(batch) => fleet::arrive(model, batch),
        Msg::FleetEnded => {
            let mut effects = fleet::ended(model);
            effects.extend(forwards::fleet_answered(model));
            effects.extend(fleet::price(model));
            effects.extend(alarms::study(model));
            effects
        }
        Msg::SessionOpened {
            pane,
            target,
            title,
            production,
        } => sessions::opened(model, pane, target, title, production),
        Msg::SessionChanged { pane, status } => sessions::changed(model, pane, status),
        Msg::SessionRefused { target, says, hint } => {
            model.notice(Notice::new(Weight::Bad, format!("{target}: {says}")).hint(hint));
            Vec::new()
        }
        Msg::RecordingsListed(rows) => {
            let mut effects = recordings::listed(model, rows);
            effects.extend(alarms::study(model));
            effects
        }
        Msg::RecordingVerified { id, verdict } => recordings::verified(model, id, verdict),
        Msg::RecordingsFound {
            query,
            found,
            progress,
        } => recordings::found(model, &query, found, progress),
        Msg::PlayerOpened { pane, title, beside } => recordings::opened(model, pane, title, beside),
        Msg::PlayerRead { pane, overview } => recordings::read(model, pane, *overview),
        Msg::Taken(text) => vec![Effect::Copy(text)],
        Msg::PlayerMoved { pane, status } => recordings::moved(model, pane, status),
        Msg::CostsArrived(report) => costs::arrived(model, *report),
        Msg::CostsForeseen(prospect) => costs::foreseen(model, *prospect),
        Msg::CostsPriced { says, effect } => costs::priced(model, says, effect),
        Msg::CostsSplit {
            currency,
            compared,
            drivers,
        } => costs::split(model, &currency, compared, *drivers),
        Msg::CostsMetered(spent) => costs::metered(model, spent),
        Msg::AnomaliesFound(judged) => costs::judged(model, *judged),
        Msg::MovesFound { source, board, price } => costs::advised(model, source, *board, price),
        Msg::ForeignFound {
            source,
            foreign,
            read_at,
        } => costs::foreign_found(model, source, foreign, read_at),
        Msg::ForecastArrived { source, lens, end } => costs::forecast(model, source, lens, *end),
        Msg::CommitmentsFound { source, found, price } => costs::committed(model, source, *found, price),
        Msg::LedgerRead { source, ledger } => costs::booked(model, source, *ledger),
        Msg::DimensionsListed {
            source,
            offers,
            names,
        } => costs::offered(model, source, offers, names),
        Msg::CostSourcesListed(sources) => costs::listed(model, sources),
        Msg::ExportsChanged { any } => costs::imported(model, any),
        Msg::CostViewsRead(views) => costs::kept(model, views),
        Msg::NodeCostsArrived(found) => fleet::priced(model, *found),
        Msg::CostsFailed { of, says, hint } => costs::failed(model, of, says, hint),
        Msg::RunbooksScanned(library) => {
            let mut effects = runbooks::scanned(model, *library);
            effects.extend(alarms::study(model));
            effects
        }
        Msg::RunbooksReread(library) => {
            let mut effects = runbooks::reread(model, *library);
            effects.extend(alarms::study(model));
            effects
        }
        Msg::PageLooked(page, now) => {
            let mut effects = runbooks::looked(model, &page, now);
            effects.extend(alarms::study(model));
            effects
        }
        Msg::PageUnasked(page, cause) => carry::unasked(model, &page, &cause),
        Msg::CarryStale(page, now) => {
            let mut effects = carry::stale(model, &page, now);
            effects.extend(alarms::study(model));
            effects
        }
        Msg::RunbooksDated(commits) => runbooks::dated(model, commits),
        Msg::RunbooksFetched(source, pages) => {
            let mut effects = runbooks::fetched(model, source, pages);
            effects.extend(alarms::study(model));
            effects
        }
        Msg::RunbookSaved(path, outcome) => runbooks::saved(model, path, outcome),
        Msg::AuditRead { entries, verdict } => audit::read(model, entries, verdict),
        Msg::RunHeard { run, events } => fanout::heard(model, run, events),
        Msg::RunRefused { run, says, hint } => fanout::refused(model, run, says, hint),
        Msg::RunEnded(run) => fanout::ended(model, run),
        Msg::CarryTold(event) => carry::told(model, event),
        Msg::CarryAsked(question) => carry::asked(model, question),
        Msg::CarryFound { found, undoes } => carry::found(model, found, undoes),
        Msg::CarryLeft(left) => {
            model.carry_left = left;
            Vec::new()
        }
        Msg::CallerKnown(arn) => {
            let user = model.user.take();
            model.know(user, Some(&arn));
            Vec::new()
        }
        Msg::CarryRefused { says, hint } => carry::refused(model, says, hint),
        Msg::Document(msg) => documents::heard(model, msg),
        Msg::AlarmsCached(saved) => alarms::cached(model, saved),
        Msg::AlarmsArrived(batch) => alarms::arrive(model, batch),
        Msg::AlarmsEnded => alarms::ended(model),
        Msg::AlarmsStudied(lessons) => alarms::studied(model, lessons),
        Msg::AlarmLookedBack {
            key,
            burned,
            recalled,
        } => alarms::looked_back(model, &key, burned, recalled),
        Msg::Due => alarms::due(model),
        Msg::IncidentChanged(state) => incident::changed(model, state.map(|state| *state)),
        Msg::IncidentSeen(state) => incident::seen(model, *state),
        Msg::IncidentsListed(states) => incident::listed(model, states),
        Msg::IncidentGathered(report) => incident::gathered(model, *report),
        Msg::ContainerFound(row, found) => forwards::container_found(model, row, found),
        Msg::TunnelsMoved(moves) => forwards::moved(model, moves),
        Msg::TunnelRefused { tunnel, says, hint } => forwards::refused(model, tunnel, says, hint),
    }
}

fn start(model: &mut Model) -> Vec<Effect> {
    [
        Effect::LoadFleet,
        Effect::LoadAlarms,
        fleet::refresh(model),
        alarms::refresh(model, Wanted::Burning),
        Effect::ListRecordings,
        Effect::ScanRunbooks,
        Effect::LoadCostViews,
        Effect::WatchExports,
        Effect::LoadIncident,
        documents::ask_waiting(),
    ]
    .into_iter()
    .chain(crate::runbook::catalogue::wants_arn(&model.config).then_some(Effect::KnowCaller))
    .map(|effect| begun(model, effect))
    .collect()
}

/// Notes work that shows progress, and passes the effect on.
pub fn begun(model: &mut Model, effect: Effect) -> Effect {
    if let Some(key) = effect.key() {
        model.busy.retain(|busy| busy.key != key);
        model.busy.push(Busy { key, ticks: 0 });
    }
    effect
}

fn tick(model: &mut Model) {
    model.ticks += 1;
    model.notice_for = model.notice_for.saturating_sub(1);
    for busy in &mut model.busy {
        busy.ticks += 1;
    }
}

fn press(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    let Some(stroke) = Stroke::of(&key) else {
        return Vec::new();
    };
    // A terminal sends escape, and a key that follows at once, as that key with Alt. Where nothing is typed they are two.
    let is_alt = key.modifiers == KeyModifiers::ALT && matches!(key.code, KeyCode::Char(_));
    if is_alt && model.overlay.as_ref().is_some_and(|over| !over.takes_text()) {
        let mut effects = overlay::press(model, KeyCode::Esc.into());
        effects.extend(press(model, key.code.into()));
        return effects;
    }
    if model.overlay.is_some() {
        return overlay::press(model, key);
    }
    if model.room == Room::Sessions && model.sessions.focused() {
        return sessions::press(model, key, stroke);
    }
    if model.room == Room::Player && recordings::is_selecting(model) {
        return recordings::select(model, key);
    }
    if model.room == Room::Player && stroke.character().is_some_and(|c| c.is_ascii_digit()) {
        let tenth = stroke
            .character()
            .and_then(|c| c.to_digit(10))
            .unwrap_or_default();
        return dispatch(
            model,
            Command {
                verb: Verb::SeekPercent,
                argument: (tenth * 10).to_string(),
            },
        );
    }
    model.typed.push(stroke);
    match model.bindings.look_up(model.place(), &model.typed) {
        Meaning::Command(command) => {
            model.typed.clear();
            dispatch(model, command)
        }
        Meaning::Pending(_) => Vec::new(),
        Meaning::Nothing => {
            model.typed.clear();
            Vec::new()
        }
    }
}

fn paste(model: &mut Model, text: String) -> Vec<Effect> {
    if model.overlay.is_some() {
        return overlay::paste(model, &text);
    }
    if model.room == Room::Sessions && model.sessions.focused() {
        return sessions::paste(model, &text);
    }
    Vec::new()
}

/// Lets a command happen if the guard allows it; whatever way it came.
pub fn dispatch(model: &mut Model, command: Command) -> Vec<Effect> {
    match guard::judge(model, &command) {
        Verdict::Allowed => perform(model, command),
        Verdict::Refused { says, hint } => {
            model.notice(Notice::new(Weight::Warn, says.clone()).hint(hint));
            vec![Effect::LogRefusal(says)]
        }
        Verdict::Asked(question) => {
            let grave = matches!(
                command.verb,
                Verb::EndSession
                    | Verb::Quit
                    | Verb::FanOut
                    | Verb::CancelRun
                    | Verb::StopStep
                    | Verb::StopAutomation
                    | Verb::GoOnStep
                    | Verb::ToggleForward
                    | Verb::Spend
                    | Verb::Pay
            );
            model.overlay = Some(Overlay::Confirm {
                question,
                then: command,
                grave,
            });
            Vec::new()
        }
    }
}

/// Keys for the remote of the focused pane.
pub fn to_session(model: &Model, order: ToSession) -> Vec<Effect> {
    model
        .sessions
        .current()
        .map(|tab| Effect::Session(tab.pane, order))
        .into_iter()
        .collect()
}
