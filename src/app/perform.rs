//! What each command does to the model, once the guard has let it pass.

use crate::alarm::Wanted;
use crate::config::Theme;
use crate::panel::forwards::Row;
use crate::panel::list::Step;
use crate::panel::{
    alarms, audit, carry, costs, documents, fanout, fleet, forwards, incident, recordings, runbooks, sessions,
};
use crate::ui::prompt::Prompt;

use super::command::{Command, Verb};
use super::effect::{Effect, ToPlayer};
use super::model::{Model, Room};
use super::overlay::{Ask, Overlay};
use super::update::begun;

pub fn perform(model: &mut Model, command: Command) -> Vec<Effect> {
    match command.verb {
        Verb::Quit => vec![Effect::Quit],
        Verb::Back => back(model),
        Verb::Help => show(model, Overlay::Help { offset: 0 }),
        Verb::Palette => show(
            model,
            Overlay::Palette {
                prompt: Prompt::default(),
                cursor: Default::default(),
            },
        ),
        Verb::Prompt => show(
            model,
            Overlay::Prompt {
                ask: Ask::Command,
                prompt: Prompt::default(),
            },
        ),
        Verb::Notices => show(model, Overlay::Notices { offset: 0 }),
        Verb::Theme => theme(command.argument),
        Verb::NextTheme => {
            let names: Vec<&str> = Theme::names().collect();
            let at = names
                .iter()
                .position(|name| *name == model.theme)
                .unwrap_or_default();
            theme(names[(at + 1) % names.len()].to_owned())
        }
        Verb::Redraw => vec![Effect::Redraw],
        Verb::Picture => picture(model, command.argument),
        Verb::GoHome => go(model, Room::Home),
        Verb::GoFleet => go(model, Room::Fleet),
        Verb::GoSessions => go(model, Room::Sessions),
        Verb::GoRecordings => go(model, Room::Recordings),
        Verb::GoCosts => go(model, Room::Costs),
        Verb::GoRunbooks => go(model, Room::Runbooks),
        Verb::GoAudit => go(model, Room::Audit),
        Verb::GoRuns => go(model, Room::Runs),
        Verb::GoForwards => go(model, Room::Forwards),
        Verb::GoIncident => incident::opened(model),
        Verb::IncidentStart
        | Verb::IncidentNote
        | Verb::IncidentAck
        | Verb::IncidentMitigate
        | Verb::IncidentRecover
        | Verb::IncidentClose
        | Verb::IncidentReopen
        | Verb::IncidentRole
        | Verb::IncidentLink
        | Verb::IncidentSwitch
        | Verb::IncidentList
        | Verb::IncidentOpsItem
        | Verb::IncidentOpen
        | Verb::IncidentReport => incident::perform(model, command),
        Verb::AlarmIncident => alarms::incident(model),
        Verb::Down => step(model, Step::By(1)),
        Verb::Up => step(model, Step::By(-1)),
        Verb::PageDown => step(model, Step::Page(1)),
        Verb::PageUp => step(model, Step::Page(-1)),
        Verb::Top => step(model, Step::Top),
        Verb::Bottom => step(model, Step::Bottom),
        Verb::Filter => filter(model),
        Verb::ClearFilter => narrow(model, String::new()),
        Verb::Sort => sort(model, false),
        Verb::SortReverse => sort(model, true),
        Verb::Refresh => refresh(model),
        Verb::Copy => copy(model),
        Verb::AlarmRunbook | Verb::AlarmShell | Verb::AlarmPast | Verb::AllAlarms => {
            alarms::perform(model, command.verb)
        }
        Verb::Connect => fleet::connect(model),
        Verb::Mark | Verb::MarkAll | Verb::Unmark => fleet::mark(model, command.verb),
        Verb::FanOut => fanout::begin(model),
        Verb::ForwardPort => forwards::of_node(model),
        Verb::Detail => {
            model.fleet.detail = !model.fleet.detail;
            Vec::new()
        }
        Verb::LeavePane
        | Verb::EndSession
        | Verb::NextTab
        | Verb::PreviousTab
        | Verb::FocusPane
        | Verb::FullScreen
        | Verb::ScrollUp
        | Verb::ScrollDown
        | Verb::ScrollPageUp
        | Verb::ScrollPageDown
        | Verb::ScrollEnd => sessions::perform(model, command.verb),
        Verb::Play | Verb::Verify | Verb::MarkRecording | Verb::Beside => {
            recordings::perform(model, command.verb)
        }
        Verb::FindText => recordings::find(model, &command.argument),
        Verb::Export => recordings::export(model, &command.argument),
        Verb::PlayPause => recordings::order(model, ToPlayer::Pause),
        Verb::Faster => recordings::order(model, ToPlayer::Faster),
        Verb::Slower => recordings::order(model, ToPlayer::Slower),
        Verb::Forward => recordings::order(model, ToPlayer::SeekBy(5_000_000)),
        Verb::Backward => recordings::order(model, ToPlayer::SeekBy(-5_000_000)),
        Verb::FarForward => recordings::order(model, ToPlayer::SeekBy(60_000_000)),
        Verb::FarBackward => recordings::order(model, ToPlayer::SeekBy(-60_000_000)),
        Verb::SeekPercent => recordings::seek_percent(model, &command.argument),
        Verb::SeekTime => recordings::seek_time(model, &command.argument),
        Verb::Step => recordings::order(model, ToPlayer::Step(1)),
        Verb::StepBack => recordings::order(model, ToPlayer::Step(-1)),
        Verb::Idle => recordings::order(model, ToPlayer::Idle),
        Verb::Cover => recordings::order(model, ToPlayer::Cover),
        Verb::NextHit
        | Verb::PreviousHit
        | Verb::NextCommand
        | Verb::PreviousCommand
        | Verb::NextMoment
        | Verb::PreviousMoment
        | Verb::Commands
        | Verb::CopyCommand
        | Verb::SelectText => recordings::play(model, command.verb),
        Verb::OpenPage
        | Verb::ClosePage
        | Verb::NextBlock
        | Verb::PreviousBlock
        | Verb::NextInPage
        | Verb::PreviousInPage
        | Verb::NextSection
        | Verb::PreviousSection
        | Verb::Outline
        | Verb::BackLinks
        | Verb::WidePage
        | Verb::EditPage
        | Verb::EditOutside
        | Verb::SendBlock => runbooks::perform(model, command.verb),
        Verb::Group
        | Verb::DrillIn
        | Verb::DrillOut
        | Verb::CostRight
        | Verb::CostLeft
        | Verb::NextCurrency
        | Verb::Lens
        | Verb::NextSource
        | Verb::FromSource
        | Verb::Spend
        | Verb::Pay
        | Verb::CostTable
        | Verb::CostDays
        | Verb::CostTreemap
        | Verb::CostCalendar
        | Verb::CostChanges
        | Verb::CostAnomalies
        | Verb::CostMoves
        | Verb::CostLedger
        | Verb::CostCommitments
        | Verb::AwsAnomalies
        | Verb::AwsForecast
        | Verb::GroupBy
        | Verb::SplitRow
        | Verb::Tax
        | Verb::Credit
        | Verb::Refund
        | Verb::Support
        | Verb::Compare
        | Verb::NextSpan
        | Verb::Year
        | Verb::SaveView
        | Verb::OpenView
        | Verb::ForgetView
        | Verb::AcceptMove
        | Verb::SnoozeMove
        | Verb::WithdrawMove => costs::perform(model, command),
        Verb::GoDocuments | Verb::BookDocuments => documents::open(model),
        Verb::GoWaiting => documents::go_waiting(model),
        Verb::OpenDocument
        | Verb::CloseDocument
        | Verb::TurnField
        | Verb::StartDocument
        | Verb::StartByStep
        | Verb::Automations
        | Verb::OutputDown
        | Verb::OutputUp
        | Verb::ApproveStep
        | Verb::RejectStep
        | Verb::RevokeStep
        | Verb::GoOnStep
        | Verb::StopStep
        | Verb::StopAutomation => documents::perform(model, command.verb, &command.argument),
        Verb::RunPage => carry::begin(model),
        Verb::ResumePage => carry::resume(model, &command.argument),
        Verb::UndoPage => carry::undo(model, &command.argument),
        Verb::StepYes | Verb::StepEnter | Verb::StepSkip | Verb::StepRetry | Verb::StepAbort => {
            carry::perform(model, command.verb)
        }
        Verb::OpenRun
        | Verb::CloseRun
        | Verb::CancelRun
        | Verb::RunAgain
        | Verb::RunShell
        | Verb::NextFound
        | Verb::PreviousFound => fanout::perform(model, command.verb),
        Verb::ToggleForward | Verb::StartForwards | Verb::RemoveForward | Verb::ForwardDetail => {
            forwards::perform(model, command.verb)
        }
        Verb::AddForward => forwards::add(model, &command.argument),
        Verb::Reconcile => vec![begun(model, Effect::Reconcile)],
        Verb::ChainVerify => vec![begun(model, Effect::ReadAudit { verify: true })],
    }
}

fn show(model: &mut Model, overlay: Overlay) -> Vec<Effect> {
    model.overlay = Some(overlay);
    Vec::new()
}

fn back(model: &mut Model) -> Vec<Effect> {
    let mut effects = match model.room {
        Room::Player => recordings::close(model),
        Room::Recordings if model.recordings.find.is_some() => return recordings::leave(model),
        Room::Recordings if !model.recordings.filter.is_empty() => return narrow(model, String::new()),
        Room::Alarms if !model.alarms.filter.is_empty() => return narrow(model, String::new()),
        Room::Fleet if !model.fleet.filter_text.is_empty() => return narrow(model, String::new()),
        Room::Runbooks if model.runbooks.is_seeking() => return narrow(model, String::new()),
        Room::Runbooks if model.runbooks.is_reading() => return runbooks::perform(model, Verb::ClosePage),
        Room::Runbooks if !model.runbooks.query.is_empty() => return narrow(model, String::new()),
        Room::Costs if model.costs.is_inside() => return costs::perform(model, Verb::DrillOut.into()),
        Room::Costs if !model.costs.query.filter.is_empty() && !model.costs.is_held_by_filter() => {
            return narrow(model, String::new());
        }
        Room::Runs if model.fanout.is_inside() => return fanout::perform(model, Verb::CloseRun),
        Room::Documents if model.documents.front != documents::Front::List => {
            documents::back(model);
            return Vec::new();
        }
        Room::Documents if !model.documents.query.is_empty() => return narrow(model, String::new()),
        Room::Incident => match incident::back(model) {
            Some(effects) => return effects,
            None => Vec::new(),
        },
        _ => Vec::new(),
    };
    model.room = model.came_from.pop().unwrap_or_default();
    if model.room == Room::Runbooks {
        effects.extend(runbooks::entered(model));
    }
    effects
}

/// Goes to a panel; one whose data was never asked for asks now.
fn go(model: &mut Model, room: Room) -> Vec<Effect> {
    model.go(room);
    match room {
        Room::Costs => costs::opened(model),
        Room::Recordings => vec![begun(model, Effect::ListRecordings)],
        Room::Runbooks => runbooks::entered(model),
        Room::Audit => vec![begun(model, Effect::ReadAudit { verify: false })],
        _ => Vec::new(),
    }
}

/// The one that is shown stays until the other was found and understood.
fn theme(name: String) -> Vec<Effect> {
    vec![Effect::SetTheme(name)]
}

/// Named after the panel and the time, unless it was given a name.
fn picture(model: &Model, file: String) -> Vec<Effect> {
    let at = model.now.strftime("%Y%m%dT%H%M%SZ");
    let named = || format!("qd-{}-{at}.png", format!("{:?}", model.room).to_lowercase());
    vec![Effect::Picture(if file.is_empty() { named() } else { file })]
}

fn step(model: &mut Model, step: Step) -> Vec<Effect> {
    match model.room {
        Room::Fleet => fleet::step(model, step),
        Room::Recordings => recordings::step(model, step),
        Room::Costs => costs::step(model, step),
        Room::Runbooks => return runbooks::step(model, step),
        Room::Audit => audit::step(model, step),
        Room::Runs => fanout::step(model, step),
        Room::Forwards => forwards::step(model, step),
        Room::Carry => carry::step(model, step),
        Room::Documents => documents::step(model, step),
        Room::Incident => incident::step(model, step),
        Room::Player => return recordings::jump(model, step),
        Room::Home | Room::Alarms => alarms::step(model, step),
        Room::Sessions => {}
    }
    Vec::new()
}

fn filter(model: &mut Model) -> Vec<Effect> {
    let before = match model.room {
        Room::Fleet => model.fleet.filter_text.clone(),
        Room::Recordings => model.recordings.filter.clone(),
        Room::Runbooks if model.runbooks.is_reading() => model.runbooks.sought.text.clone(),
        Room::Runbooks => model.runbooks.query.clone(),
        Room::Audit => model.audit.filter.clone(),
        Room::Documents => model.documents.query.clone(),
        Room::Player => String::new(),
        Room::Home => {
            model.go(Room::Fleet);
            model.fleet.filter_text.clone()
        }
        Room::Runs if model.fanout.is_inside() => model.fanout.filter().to_owned(),
        Room::Costs => model.costs.query.filter.clone(),
        Room::Alarms => model.alarms.filter.clone(),
        Room::Incident => model.incidents.list.filter.clone(),
        Room::Sessions | Room::Runs | Room::Forwards | Room::Carry => return Vec::new(),
    };
    let prompt = match model.room {
        // Whoever searches once more searches for something else.
        Room::Runbooks => Prompt::default().with_history(model.runbooks.sought_before(&before)),
        _ => Prompt::new(before.as_str()),
    };
    show(
        model,
        Overlay::Prompt {
            ask: Ask::Filter { before },
            prompt,
        },
    )
}

/// Applies a filter or a search to the panel in front.
pub fn narrow(model: &mut Model, text: String) -> Vec<Effect> {
    match model.room {
        Room::Fleet => fleet::narrow(model, text),
        Room::Alarms => alarms::narrow(model, text),
        Room::Recordings => recordings::narrow(model, text),
        Room::Runbooks => return runbooks::narrow(model, text),
        Room::Audit => audit::narrow(model, text),
        Room::Documents => return documents::narrow(model, text),
        Room::Runs => fanout::narrow(model, text),
        Room::Player => return recordings::order(model, ToPlayer::Search(text)),
        Room::Costs => return costs::narrow(model, text),
        Room::Incident => return incident::narrow(model, text),
        _ => {}
    }
    Vec::new()
}

fn sort(model: &mut Model, reverse: bool) -> Vec<Effect> {
    match model.room {
        Room::Fleet => fleet::sort(model, reverse),
        Room::Recordings => recordings::sort(model, reverse),
        Room::Costs => costs::sort(model, reverse),
        Room::Runs => fanout::sort(model, reverse),
        _ => {}
    }
    Vec::new()
}

fn refresh(model: &mut Model) -> Vec<Effect> {
    let effect = match model.room {
        Room::Home => {
            let effects = [
                fleet::refresh(model),
                alarms::refresh(model, Wanted::Burning),
                documents::ask_waiting(),
            ];
            return effects.into_iter().map(|effect| begun(model, effect)).collect();
        }
        Room::Alarms => alarms::refresh(model, Wanted::All),
        Room::Fleet => fleet::refresh(model),
        Room::Recordings => Effect::ListRecordings,
        Room::Runbooks => Effect::ScanRunbooks,
        Room::Audit => Effect::ReadAudit { verify: false },
        Room::Incident => return incident::refresh(model),
        Room::Costs => return costs::refresh(model),
        Room::Documents => return documents::refresh(model),
        Room::Sessions | Room::Player | Room::Runs | Room::Forwards | Room::Carry => {
            return vec![Effect::Redraw];
        }
    };
    vec![begun(model, effect)]
}

fn copy(model: &Model) -> Vec<Effect> {
    let text = match model.room {
        Room::Fleet => model.fleet.selected().map(|node| node.id.to_string()),
        Room::Recordings => model.recordings.copied(),
        Room::Player => return recordings::order(model, ToPlayer::CopyText),
        Room::Runbooks => model.runbooks.selected_text(),
        Room::Audit => model.audit.selected_line(),
        Room::Runs => model.fanout.copied(),
        Room::Forwards => model.forwards.selected().and_then(Row::address),
        Room::Costs => model.costs.copied(),
        Room::Documents => model.documents.copied(),
        Room::Incident => model.incidents.copied(),
        _ => None,
    };
    text.map(Effect::Copy).into_iter().collect()
}
