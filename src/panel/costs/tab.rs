//! The ways to look at costs: one key each, shown in a row.

use crate::app::{Key, Verb};
use crate::ui::Ids;

use super::{Costs, ledger};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Tab {
    #[default]
    Table,
    Days,
    Treemap,
    Calendar,
    Changes,
    Anomalies,
    Moves,
    Ledger,
    Commitments,
}

impl Costs {
    /// What can be done here, the most important first: nothing with a row where there is none.
    pub fn hints(&self) -> Vec<(Verb, &'static str)> {
        let of_row = |verb: Verb| {
            matches!(
                verb,
                Verb::AcceptMove | Verb::SnoozeMove | Verb::WithdrawMove | Verb::DrillIn | Verb::CostRight
            )
        };
        let has_row = self.has_row();
        let hints = self.tab.hints().iter();
        hints
            .filter(|(verb, _)| has_row || !of_row(*verb))
            .copied()
            .collect()
    }

    fn has_row(&self) -> bool {
        match self.tab {
            Tab::Moves => !self.move_ids().is_empty(),
            Tab::Anomalies => self.anomalies() > 0,
            Tab::Ledger => self.shown_ledger().is_some_and(|ledger| ledger::rows(ledger) > 0),
            Tab::Commitments => false,
            Tab::Days | Tab::Calendar => !self.dates.is_empty(),
            Tab::Table | Tab::Treemap | Tab::Changes => Ids::len(self) > 0,
        }
    }
}

impl Tab {
    pub const ALL: [Tab; 9] = [
        Tab::Table,
        Tab::Days,
        Tab::Treemap,
        Tab::Calendar,
        Tab::Changes,
        Tab::Anomalies,
        Tab::Moves,
        Tab::Ledger,
        Tab::Commitments,
    ];

    pub fn title(self) -> &'static str {
        match self {
            Tab::Table => "Table",
            Tab::Days => "Days",
            Tab::Treemap => "Treemap",
            Tab::Calendar => "Calendar",
            Tab::Changes => "What changed",
            Tab::Anomalies => "Anomalies",
            Tab::Moves => "Moves",
            Tab::Ledger => "Ledger",
            Tab::Commitments => "Commitments",
        }
    }

    /// Where there is little room.
    pub fn short(self) -> &'static str {
        match self {
            Tab::Changes => "Changes",
            Tab::Commitments => "Plans",
            tab => tab.title(),
        }
    }

    /// As a saved view names it.
    pub fn name(self) -> &'static str {
        self.verb().spec().name.trim_start_matches("costs.")
    }

    pub fn parse(text: &str) -> Option<Tab> {
        Tab::ALL.into_iter().find(|tab| tab.name() == text)
    }

    /// It shows the bill's rows or its days: another dimension changes what is seen.
    pub fn is_of_rows(self) -> bool {
        !matches!(self, Tab::Anomalies | Tab::Moves | Tab::Ledger | Tab::Commitments)
    }

    /// The kind of question that a refresh asks here.
    pub fn asks(self) -> Key {
        match self {
            Tab::Moves => Key::Moves,
            Tab::Commitments => Key::Commitments,
            _ => Key::Costs,
        }
    }

    /// What can be done here where something is under the cursor, the most important first.
    fn hints(self) -> &'static [(Verb, &'static str)] {
        match self {
            Tab::Anomalies => &[
                (Verb::DrillIn, "look inside"),
                (Verb::AwsAnomalies, "AWS's own"),
                (Verb::NextSource, "source"),
                (Verb::Spend, "refresh"),
            ],
            Tab::Moves => &[
                (Verb::AcceptMove, "take it on"),
                (Verb::SnoozeMove, "put it off"),
                (Verb::DrillIn, "runbook"),
                (Verb::CostRight, "next column"),
                (Verb::CostLedger, "ledger"),
                (Verb::NextSource, "source"),
                (Verb::Spend, "refresh"),
            ],
            Tab::Ledger => &[
                (Verb::WithdrawMove, "take back"),
                (Verb::CostMoves, "moves"),
                (Verb::NextSource, "source"),
                (Verb::Spend, "refresh"),
            ],
            Tab::Commitments => &[(Verb::NextSource, "source"), (Verb::Spend, "refresh")],
            Tab::Table | Tab::Days | Tab::Treemap | Tab::Calendar | Tab::Changes => &[
                (Verb::Group, "group"),
                (Verb::GroupBy, "split by any"),
                (Verb::DrillIn, "look inside"),
                (Verb::Lens, "lens"),
                (Verb::Filter, "filter"),
                (Verb::Compare, "compare"),
                (Verb::NextSource, "source"),
                (Verb::Spend, "refresh"),
            ],
        }
    }

    pub fn verb(self) -> Verb {
        match self {
            Tab::Table => Verb::CostTable,
            Tab::Days => Verb::CostDays,
            Tab::Treemap => Verb::CostTreemap,
            Tab::Calendar => Verb::CostCalendar,
            Tab::Changes => Verb::CostChanges,
            Tab::Anomalies => Verb::CostAnomalies,
            Tab::Moves => Verb::CostMoves,
            Tab::Ledger => Verb::CostLedger,
            Tab::Commitments => Verb::CostCommitments,
        }
    }

    pub fn of(verb: Verb) -> Option<Tab> {
        Tab::ALL.into_iter().find(|tab| tab.verb() == verb)
    }
}
