//! The two tables: runs, and the instances of one.

use std::time::Duration;

use ratatui::style::Style;
use ratatui::text::Line;

use crate::app::{Model, RunId};
use crate::fleet::Id;
use crate::recording::clock;
use crate::ui::cursor::Ids;
use crate::ui::table::{Column, Row, Rows, Sort, Table, Width};
use crate::ui::{Look, Role, text};

use super::run;
use super::{Fanout, Run, Stand, Target};

/// A span as short as it can be read: `0.4s`, `12.0s`, `03:05`.
pub fn span(span: Duration) -> String {
    match span.as_secs() {
        0..60 => format!("{:.1}s", span.as_secs_f64()),
        _ => clock(span.as_micros() as u64),
    }
}

pub fn with_runs<T>(model: &Model, look: &Look, then: impl FnOnce(&Table<Runs>) -> T) -> T {
    let columns = [
        Column::new("STARTED", Width::Fixed(8)).drop(2),
        Column::new("COMMAND", Width::Fill(14)),
        Column::new("STATE", Width::Fixed(10)),
        Column::new("TARGETS", Width::Fixed(7)).right().drop(1),
        Column::new("OK", Width::Fixed(5)).right(),
        Column::new("FAILED", Width::Fixed(6)).right(),
        Column::new("SKIPPED", Width::Fixed(7)).right().drop(3),
        Column::new("LEFT", Width::Fixed(5)).right().drop(3),
        Column::new("ELAPSED", Width::Fixed(7)).right(),
        Column::new("WHY", Width::Fill(24)).drop(4),
    ];
    then(&Table {
        columns: &columns,
        rows: &Runs { model, look },
        focused: true,
        empty: "nothing was run yet: in the fleet, m marks and c runs a command",
    })
}

pub struct Runs<'a> {
    model: &'a Model,
    look: &'a Look<'a>,
}

impl Ids for Runs<'_> {
    type Id = RunId;

    fn len(&self) -> usize {
        self.model.fanout.len()
    }

    fn id_at(&self, index: usize) -> Option<RunId> {
        self.model.fanout.id_at(index)
    }
}

impl Rows for Runs<'_> {
    fn row(&self, index: usize) -> Row<'_> {
        let Fanout { runs, .. } = &self.model.fanout;
        Row::Cells(runs.get(index).map(|run| self.cells(run)).unwrap_or_default())
    }
}

impl Runs<'_> {
    fn cells<'r>(&self, run: &'r Run) -> Vec<Line<'r>> {
        let look = self.look;
        let dim = look.of(Role::Dim);
        let count = |count: usize, role: Role| match count {
            0 => Line::styled("·", look.of(Role::Faint)),
            count => Line::styled(count.to_string(), look.of(role)),
        };
        let (state, role) = state(run);
        vec![
            Line::styled(run.begun_at.strftime("%H:%M:%S").to_string(), dim),
            Line::styled(run.text.as_str(), look.of(Role::Text)),
            Line::styled(state, look.of(role)),
            Line::styled(
                run.targets.len().to_string(),
                look.of(if run.production > 0 { Role::Bad } else { Role::Text }),
            ),
            count(run.count(Stand::Good), Role::Good),
            count(run.failed(), Role::Bad),
            count(run.skipped(), Role::Warn),
            count(run.targets.len() - run.over(), Role::Info),
            Line::styled(span(run.took(self.model.now)), dim),
            Line::styled(if run.reason.is_empty() { "—" } else { &run.reason }, dim),
        ]
    }
}

/// How a run stands as a whole.
pub fn state(run: &Run) -> (&'static str, Role) {
    match (run.is_going(), run.cancelling, run.failed() + run.skipped()) {
        (true, true, _) => ("cancelling", Role::Warn),
        (true, false, _) => ("running", Role::Info),
        (false, true, _) => ("cancelled", Role::Warn),
        (false, false, 0) => ("succeeded", Role::Good),
        (false, false, _) if run.failed() == 0 => ("incomplete", Role::Warn),
        (false, false, _) => ("failed", Role::Bad),
    }
}

pub fn with_targets<T>(model: &Model, run: &Run, look: &Look, then: impl FnOnce(&Table<Targets>) -> T) -> T {
    let widest = run
        .targets
        .iter()
        .map(|target| text::width(&target.node.name))
        .max();
    let name = widest.unwrap_or(0).clamp(12, 30) as u16;
    let direction = if run.descending { Sort::Down } else { Sort::Up };
    let sorted = |sort: run::Sort| (run.sort == sort).then_some(direction);
    let columns = [
        Column::new("NAME", Width::Fixed(name)).sorted(sorted(run::Sort::Name)),
        Column::new("ENV", Width::Fixed(8)).drop(3),
        Column::new("INSTANCE", Width::Fixed(19)).drop(5),
        Column::new("ACCOUNT", Width::Fixed(12)).drop(4),
        Column::new("REGION", Width::Fixed(14)).drop(2),
        Column::new("STATUS", Width::Fixed(13)).sorted(sorted(run::Sort::Stand)),
        Column::new("EXIT", Width::Fixed(4)).right(),
        Column::new("TOOK", Width::Fixed(7))
            .right()
            .drop(1)
            .sorted(sorted(run::Sort::Took)),
        Column::new("LAST LINE", Width::Fill(20)),
    ];
    then(&Table {
        columns: &columns,
        rows: &Targets { model, run, look },
        focused: true,
        empty: "nothing matches the filter; C-x shows everything",
    })
}

pub struct Targets<'a> {
    model: &'a Model,
    run: &'a Run,
    look: &'a Look<'a>,
}

impl Ids for Targets<'_> {
    type Id = Id;

    fn len(&self) -> usize {
        self.run.len()
    }

    fn id_at(&self, index: usize) -> Option<Id> {
        self.run.id_at(index)
    }
}

impl Rows for Targets<'_> {
    fn row(&self, index: usize) -> Row<'_> {
        Row::Cells(
            self.run
                .target_at(index)
                .map(|target| self.cells(target))
                .unwrap_or_default(),
        )
    }
}

impl Targets<'_> {
    fn cells<'t>(&self, target: &'t Target) -> Vec<Line<'t>> {
        let look = self.look;
        let node = &target.node;
        let dim = look.of(Role::Dim);
        let faint = look.of(Role::Faint);
        let stand = target.stand();
        let production = self.model.is_production(node);
        let env = node.tags.get("env").or(node.tags.get("Environment"));
        let env = env.map_or("—", String::as_str);
        let exit = target.outcome.as_ref().and_then(|outcome| outcome.exit_code);
        let exit = match exit {
            Some(0) => Line::styled("0", dim),
            Some(code) => Line::styled(code.to_string(), look.of(Role::Bad)),
            None => Line::styled("—", faint),
        };
        let took = match target.took(self.model.now) {
            Some(took) => Line::styled(span(took), dim),
            None => Line::styled("—", faint),
        };
        let says = if stand == Stand::Failed { Style::new() } else { dim };
        vec![
            Line::styled(
                if node.name.is_empty() {
                    &node.id.0
                } else {
                    &node.name
                },
                look.of(Role::Text),
            ),
            Line::styled(env, if production { look.of(Role::Bad) } else { dim }),
            Line::styled(&node.id.0, dim),
            Line::styled(&node.account, dim),
            Line::styled(&node.region, dim),
            Line::styled(
                format!("{} {}", stand.mark(), target.says()),
                look.of(stand.role()),
            ),
            exit,
            took,
            Line::styled(target.last_line(), says),
        ]
    }
}
