//! Where a page is carried out from the console, and going on with one that an earlier process began.

use std::collections::{BTreeMap, BTreeSet};

use crate::app::{Effect, Model, Notice, Room, Weight};
use crate::fleet::Node;
use crate::runbook::Values;
use crate::runbook::fence::On;
use crate::runbook::placeholder::name;
use crate::runbook::plan::Plan;
use crate::runbook::run::Found;
use crate::runbook::run::target::{BadTarget, LOCAL, choose};

use super::Choice;
use super::update::carry_out;

/// Machines of a run: where steps go that do not say where, and those of the page's own targets.
#[derive(Debug)]
pub(super) struct Place {
    pub nodes: Vec<Node>,
    pub named: BTreeMap<String, Vec<Node>>,
    pub label: String,
    pub production: bool,
}

impl Place {
    /// An error where a name of the page means no machine, or too many.
    pub fn of(model: &Model, plan: &Plan, nodes: Vec<Node>, values: &Values) -> Result<Place, BadTarget> {
        let mut known = plan.manifest.defaults();
        known.extend(values.iter().map(|(key, value)| (name(key), value.clone())));
        let mut named = BTreeMap::new();
        for target in plan.targets() {
            // Every target of a step is declared, or the page would not have been read.
            let Some(spec) = plan.manifest.targets.get(target) else {
                continue;
            };
            let found = choose(target, spec, &known, &model.fleet.nodes);
            named.insert(target.clone(), found?);
        }
        let mut all = nodes.iter().chain(named.values().flatten());
        let production = all.any(|node| model.is_production(node));
        let label = match nodes.as_slice() {
            [] => LOCAL.to_owned(),
            [one] if one.name.is_empty() => one.id.to_string(),
            [one] => one.name.clone(),
            many => format!("{} machines", many.len()),
        };
        Ok(Place {
            nodes,
            named,
            label,
            production,
        })
    }

    /// Everything that the page's steps touch, in words.
    pub fn whole(&self, plan: &Plan) -> String {
        let mut steps = plan.steps.iter().filter(|step| step.block().is_some());
        let is_here = steps.any(|step| !matches!(step.attributes.on, On::Named(_)));
        let known: BTreeSet<&str> = self.nodes.iter().map(|node| node.id.0.as_str()).collect();
        let others = self.named.values().flatten();
        let others: BTreeMap<&str, &Node> = others.map(|node| (node.id.0.as_str(), node)).collect();
        let others: Vec<&Node> = others
            .into_iter()
            .filter(|(id, _)| !is_here || !known.contains(id))
            .map(|(_, node)| node)
            .collect();
        let others = match others.as_slice() {
            [] => return self.label.clone(),
            [one] if !one.name.is_empty() => one.name.clone(),
            [one] => one.id.to_string(),
            many => format!("{} machines", many.len()),
        };
        match is_here {
            true => format!("{} and {others}", self.label),
            false => others,
        }
    }
}

/// One run goes on at a time: says which, and where it is.
pub(super) fn refuse_another(model: &mut Model) {
    let says = match model.carry.stands() {
        Some(stands) => format!("{} {stands}: one run goes on at a time", model.carry.title),
        None => return,
    };
    model.notice(Notice::new(Weight::Warn, says).hint(match model.room {
        Room::Carry => "x ends it",
        _ => "6, then R shows it; x there ends it",
    }));
}

/// Asks for a run by its id; without one for the newest.
pub fn resume(model: &mut Model, argument: &str) -> Vec<Effect> {
    if model.carry.is_going() {
        refuse_another(model);
        return Vec::new();
    }
    let wanted = match argument.trim() {
        "" => "last",
        run => run,
    };
    vec![Effect::FindCarry {
        wanted: wanted.to_owned(),
        undoes: false,
    }]
}

/// Goes on with it, or undoes it, on the same machines, with the page as it is now; a page that has changed is asked about.
pub fn found(model: &mut Model, found: Found, undoes: bool) -> Vec<Effect> {
    let refuse = |model: &mut Model, says: String, hint: &str| {
        model.notice(Notice::new(Weight::Bad, says).hint(hint));
        Vec::new()
    };
    let library = &model.runbooks.library;
    let page = library.index_of(&found.runbook).map(|at| &library.pages[at]);
    let file = || found.runbook.file_name().unwrap_or(found.runbook.as_os_str());
    // A catalogue has what stands in the library, and nothing that stood there once.
    let kept = found.kept.as_ref().filter(|_| !model.catalogue.is_only);
    let parsed = match (page, kept) {
        (Some(page), _) => Some(Plan::parse(&page.path, &page.name, &page.text)),
        (None, Some(kept)) => Some(Plan::parse(&found.runbook, &file().to_string_lossy(), kept)),
        (None, None) => None,
    };
    let Some(parsed) = parsed else {
        let says = format!("{} is not in the library", found.runbook.display());
        return refuse(model, says, "`qd runbooks run --resume` takes any file");
    };
    let plan = match parsed {
        Ok(plan) => plan,
        Err(bad) => return refuse(model, bad.to_string(), "mend the page first"),
    };
    if let Err(why) = model.catalogue.check(&plan) {
        return refuse(model, why.to_string(), why.hint());
    }
    let mut nodes = Vec::new();
    for id in found.targets.iter().filter(|id| *id != LOCAL) {
        match model.fleet.nodes.iter().find(|node| node.id.0 == *id) {
            Some(node) => nodes.push(node.clone()),
            None => {
                return refuse(
                    model,
                    format!("{id} of the run is not in the fleet"),
                    "r in the fleet asks for it again",
                );
            }
        }
    }
    let choice = Choice {
        undoes,
        ..Choice::default()
    };
    match Place::of(model, &plan, nodes, &choice.values) {
        Ok(place) => carry_out(model, plan, place, choice, Some((found.run, found.reason))),
        Err(bad @ BadTarget::Unset { .. }) => refuse(
            model,
            bad.to_string(),
            "`qd runbooks run --resume` takes values for it with --set",
        ),
        Err(bad) => refuse(model, bad.to_string(), &bad.hint()),
    }
}
