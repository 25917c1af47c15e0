//! What comes to stand beside the report: AWS's own anomalies and forecast, commitments, the ledger of moves, and what
//! costs can be split by. Each belongs to the source that it was asked of.

use jiff::Timestamp;

use crate::app::{Effect, Key, Model, Notice, Overlay, Verb, Weight};
use crate::cost::advice::Ledger;
use crate::cost::anomaly::{Foreign, confirm, last_days};
use crate::cost::driver::Drivers;
use crate::cost::{Commitments, FOREIGN_PRICE, Lens, MonthEnd, Offer, Price, Refresh, Report, Source};

use crate::panel::fleet;

use super::update::{ask, forget, going, made, refresh, refuse};
use super::{Costs, Tab, question};

impl Costs {
    /// What is shown is of a source that is no more.
    fn forget_shown(&mut self) {
        (self.report, self.prospect, self.shown_source) = (None, None, None);
        self.changes = Drivers::default();
        self.tiles.clear();
        self.dates.clear();
    }

    /// The commitments of the source that is looked at.
    pub(super) fn shown_commitments(&self) -> Option<&Commitments> {
        let source = self.source()?;
        let shown = self.commitments.as_ref().filter(|(of, _)| *of == source);
        shown.map(|(_, found)| found)
    }

    pub(super) fn shown_ledger(&self) -> Option<&Ledger> {
        let source = self.source_or_first()?;
        let shown = self.ledger.as_ref().filter(|(of, _)| *of == source);
        shown.map(|(_, ledger)| ledger)
    }

    /// When AWS was asked for its anomalies.
    pub(super) fn aws_asked_at(&self) -> Option<Timestamp> {
        let source = self.source()?;
        let shown = self.foreign.as_ref().filter(|(of, ..)| *of == source);
        shown.map(|(_, _, at)| *at)
    }

    /// Cost Explorer's end of the month that a report shows, where it is one of the whole account.
    pub(super) fn their_end(&self, report: &Report) -> Option<&MonthEnd> {
        let (source, lens, end) = self.theirs.as_ref()?;
        let is_same = *source == report.origin.source
            && *lens == report.query.lens
            && end.currency == report.currency()
            && end.month.contains(report.today);
        (is_same && report.query.is_whole()).then_some(end)
    }

    /// Holds what AWS found against ours, anew.
    pub(super) fn mark(&mut self) {
        let (source, today) = (self.source(), self.report.as_ref().map(|report| report.today));
        self.alone.clear();
        let Some((of, judged)) = &mut self.judged else {
            return;
        };
        judged.told.iter_mut().for_each(|told| told.aws = None);
        if let Some((theirs, foreign, _)) = &self.foreign
            && theirs == of
            && source.as_ref() == Some(of)
            && let Some(today) = today
        {
            self.alone = confirm(&mut judged.told, foreign, last_days(today));
        }
    }
}

/// AWS's own anomalies beside ours; those that are here already are asked for anew only at their price.
pub fn ask_anomalies(model: &mut Model) -> Vec<Effect> {
    let Some(source) = model.costs.source() else {
        return Vec::new();
    };
    model.costs.tab = Tab::Anomalies;
    let mut effects = super::update::needs(model);
    if model.costs.aws_asked_at().is_some() {
        let effect = Effect::AskAnomalies {
            source,
            refresh: Refresh::Force,
        };
        let question = vec![
            "What AWS found is here already.".into(),
            format!("Asking again takes {FOREIGN_PRICE}."),
        ];
        asked(
            model,
            "AWS's list of anomalies",
            Price::new(FOREIGN_PRICE, 1),
            effect,
            question,
        );
        return effects;
    }
    let effect = Effect::AskAnomalies {
        source,
        refresh: Refresh::Never,
    };
    effects.push(going(model, effect));
    effects
}

/// Asks about a price, where today's cap leaves that much.
fn asked(model: &mut Model, what: &str, price: Price, effect: Effect, question: Vec<String>) {
    if let Some(trouble) = model.costs.unpayable(what, &price, model.now) {
        refuse(model, effect.key(), &trouble);
        return;
    }
    model.costs.pending = Some((price.says, Box::new(effect)));
    model.overlay = Some(Overlay::Confirm {
        question,
        then: Verb::Pay.into(),
        grave: true,
    });
}

/// Cost Explorer's forecast is for the whole account alone.
pub fn ask_forecast(model: &mut Model) -> Vec<Effect> {
    let costs = &model.costs;
    let (Some(source), Some(report)) = (costs.source(), &costs.report) else {
        return Vec::new();
    };
    let (lens, is_whole) = (report.query.lens, report.query.is_whole());
    if !is_whole {
        let says = "Cost Explorer's forecast is for the whole account";
        let hint = "go out with backspace, take the filter away with / and put every charge in with i";
        model.notice(Notice::new(Weight::Warn, says).hint(hint));
        return Vec::new();
    }
    let effect = Effect::AskForecast {
        source,
        lens,
        refresh: Refresh::Never,
    };
    vec![going(model, effect)]
}

/// All names of tags and cost categories, once their price was agreed to.
pub fn ask_names(model: &mut Model, inside: Option<String>) -> Vec<Effect> {
    let costs = &mut model.costs;
    let (Some(source), Some((_, _, Some(price)))) = (costs.source(), costs.offers.clone()) else {
        return Vec::new();
    };
    let effect = Effect::ListDimensions {
        source,
        query: super::pick::wanted(costs, inside.as_deref()),
        refresh: Refresh::Auto,
    };
    costs.picking = inside;
    let question = question(&price.says);
    asked(model, "every tag and cost category", price, effect, question);
    Vec::new()
}

pub fn foreign_found(
    model: &mut Model,
    source: Source,
    foreign: Vec<Foreign>,
    read_at: Timestamp,
) -> Vec<Effect> {
    model.costs.foreign = Some((source, foreign, read_at));
    model.costs.mark();
    Vec::new()
}

pub fn forecast(model: &mut Model, source: Source, lens: Lens, end: MonthEnd) -> Vec<Effect> {
    model.costs.theirs = Some((source, lens, end));
    Vec::new()
}

pub fn committed(model: &mut Model, source: Source, found: Commitments, price: Option<Price>) -> Vec<Effect> {
    made(model, Key::Commitments);
    model.costs.commitments = Some((source, found));
    model.costs.commitments_price = price;
    Vec::new()
}

pub fn booked(model: &mut Model, source: Source, ledger: Ledger) -> Vec<Effect> {
    made(model, Key::Ledger);
    model.costs.ledger = Some((source, ledger));
    Vec::new()
}

/// Other exports are here: what was made of the last ones is made anew, where exports are shown or nothing is yet. Where none
/// is left, nothing of them goes on being shown.
pub fn imported(model: &mut Model, any: bool) -> Vec<Effect> {
    let costs = &model.costs;
    let is_of_files = matches!(costs.source(), None | Some(Source::Files(_)));
    let is_asked = costs.asked || costs.report.is_some();
    let mut effects = vec![Effect::ListCostSources];
    effects.extend(fleet::price(model));
    if is_of_files && is_asked {
        let says = match any {
            true => "other exports are imported now: costs are read again",
            false => "no export is imported any more: what was shown of them is gone",
        };
        model.notice(Notice::new(Weight::Info, says));
        effects.extend(match any {
            true => refresh(model),
            // What else there is may have to be paid for, and nobody has asked for it.
            false => {
                model.costs.forget_shown();
                forget(model);
                ask(model, Refresh::Never)
            }
        });
    }
    effects
}

pub fn offered(model: &mut Model, source: Source, offers: Vec<Offer>, names: Option<Price>) -> Vec<Effect> {
    model.costs.offers = Some((source, offers, names));
    Vec::new()
}
