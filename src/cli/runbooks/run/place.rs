//! Where a run goes: machines that `--on` or the page's own targets name, with what policy demands of sessions there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::audit;
use crate::aws::{Cloud, Place};
use crate::cli::aim::{agree, note, recipients};
use crate::cli::{Context, Error, cloud, quote};
use crate::fleet::{self, Filter, Found, Node, Policy, Roster};
use crate::recording::Recipients;
use crate::runbook::Values;
use crate::runbook::plan::Plan;
use crate::runbook::run::target::{BadTarget, LOCAL, choose};
use crate::runbook::run::{self, Far, State, Target};

pub struct Wanted<'a> {
    pub on: Option<&'a str>,
    /// A run to go on with: its machines hold where nothing else is said.
    pub before: Option<&'a State>,
    pub reason: &'a str,
    /// The one step that is run.
    pub only: Option<&'a str>,
    /// Nothing is run: policy's demands on sessions are no matter yet.
    pub is_dry: bool,
}

pub struct Places {
    pub targets: Vec<Target>,
    pub named: BTreeMap<String, Vec<Target>>,
    pub reason: String,
    pub arn: Option<String>,
    /// Whom recordings of this machine are encrypted to.
    pub here: Recipients,
    /// Ids of machines that are known to be production.
    pub production: BTreeSet<String>,
    /// Machines as they are known, where the page chooses some for a document.
    pub fleet: run::Fleet,
    /// Where documents are started and parameters are read that no machine gives a place to.
    pub home: Option<(Cloud, Place)>,
}

pub async fn find(
    wanted: &Wanted<'_>,
    plan: &Plan,
    values: &Values,
    context: &Context,
) -> Result<Places, Error> {
    let names: BTreeSet<String> = plan.targets().into_iter().cloned().collect();
    let before: Vec<String> = wanted.before.map(machines).unwrap_or_default();
    let mut places = Places {
        targets: vec![Target::local()],
        named: BTreeMap::new(),
        reason: crate::cli::aim::reason_or_environment(wanted.reason.to_owned()),
        arn: None,
        here: Recipients::default(),
        production: BTreeSet::new(),
        fleet: run::Fleet::default(),
        home: home(plan, context).await?,
    };
    if let (Some(state), true) = (wanted.before, places.reason.is_empty()) {
        places.reason.clone_from(&state.reason);
    }
    if !wanted.is_dry {
        let local = audit::Target {
            name: Some(LOCAL.into()),
            ..audit::Target::default()
        };
        places.here =
            recipients(&context.config, false).inspect_err(|refused| note(context, local, None, refused))?;
    }
    let is_here = wanted.on.is_none_or(|on| on == LOCAL) && before.iter().all(|id| id == LOCAL);
    if is_here && names.is_empty() && !plan.chooses() {
        if let Some((clients, place)) = places.home.as_ref().filter(|_| !wanted.is_dry) {
            let caller = clients.identity(&place.profile).await;
            places.arn = caller.ok().map(|identity| identity.arn);
        }
        return Ok(places);
    }
    context.require_network()?;
    let clients = cloud::connect(context);
    let mut batches = fleet::fetch(&clients);
    let mut roster = Roster::default();
    while let Some(batch) = futures_util::StreamExt::next(&mut batches).await {
        roster.apply(batch);
    }
    let policy = Policy::of(&context.config)?;
    let production = roster.nodes.iter().filter(|node| policy.is_production(node));
    places.production = production.map(|node| node.id.0.clone()).collect();
    if plan.chooses() {
        places.fleet = run::Fleet {
            nodes: Arc::new(roster.nodes.clone()),
            is_whole: roster.failures.is_empty(),
        };
    }
    let chosen = match wanted.on {
        Some(on) if on != LOCAL => those(on, &roster)?,
        Some(_) => Vec::new(),
        None => {
            let far = before.iter().filter(|id| *id != LOCAL);
            let found = far.map(|id| {
                roster
                    .nodes
                    .iter()
                    .find(|node| node.id.0 == *id)
                    .cloned()
                    .ok_or_else(|| {
                        roster.failures.iter().for_each(cloud::tell);
                        Error::unreachable(format!("{} of the run is not there any more", quote(id)))
                            .hint("say with --on where the rest of it runs")
                    })
            });
            found.collect::<Result<_, _>>()?
        }
    };
    // What is given, or a default of the page, decides which machines a name means.
    let mut known: Values = values
        .iter()
        .map(|(key, value)| (crate::runbook::placeholder::name(key), value.clone()))
        .collect();
    for (name, value) in plan.manifest.defaults() {
        known.entry(name).or_insert(value);
    }
    let mut named = BTreeMap::new();
    for name in names {
        let Some(spec) = plan.manifest.targets.get(&name) else {
            continue;
        };
        let found = choose(&name, spec, &known, &roster.nodes);
        // What runs here is as much production as the machines of other steps are, and there are none.
        let is_other = wanted
            .only
            .is_some_and(|step| !plan.targets_alone(step).contains(&name));
        if is_other && roster.failures.is_empty() && matches!(found, Err(BadTarget::Nobody(_))) {
            continue;
        }
        let nodes = found.map_err(|bad| {
            roster.failures.iter().for_each(cloud::tell);
            Error::unreachable(quote(&bad.to_string())).hint(quote(&bad.hint()))
        })?;
        named.insert(name, nodes);
    }
    let all: Vec<Node> = chosen.iter().chain(named.values().flatten()).cloned().collect();
    if !wanted.is_dry {
        let terms = policy.on_all(&all);
        (places.reason, _) = agree(context, &all, &terms, &places.reason, Some("runbook"))?;
    }
    let profile = all.first().map(|node| node.profile.clone());
    let home = places.home.as_ref().map(|(_, place)| place.profile.clone());
    if let Some(profile) = profile.or(home) {
        places.arn = clients.identity(&profile).await.ok().map(|identity| identity.arn);
    }
    let far = |node: Node| -> Result<Target, Error> {
        let terms = policy.on(&node);
        let far = Far {
            cloud: clients.clone(),
            recipients: recipients(&context.config, terms.is_production)?,
            mode: terms.mode.into(),
            document: context.config.session.document.clone(),
            node,
        };
        Ok(Target::far(far, terms.is_production))
    };
    if !chosen.is_empty() {
        places.targets = chosen.into_iter().map(far).collect::<Result<_, _>>()?;
    }
    for (name, nodes) in named {
        places
            .named
            .insert(name, nodes.into_iter().map(far).collect::<Result<_, _>>()?);
    }
    Ok(places)
}

/// The first region of the first profile, where the page wants anything of AWS by itself.
async fn home(plan: &Plan, context: &Context) -> Result<Option<(Cloud, Place)>, Error> {
    if !plan.wants_aws() {
        return Ok(None);
    }
    context.require_network()?;
    let clients = cloud::connect(context);
    let place = clients.places().await.found.into_iter().next();
    Ok(place.map(|place| (clients, place)))
}

/// Where steps of an earlier process ran that do not say where themselves.
fn machines(state: &State) -> Vec<String> {
    state.targets.clone()
}

/// One machine by its name, or all that an expression chooses.
fn those(on: &str, roster: &Roster) -> Result<Vec<Node>, Error> {
    match fleet::resolve(on, &roster.nodes, &roster.failures) {
        Found::One(node) => return Ok(vec![*node]),
        Found::Unproven { silent } => {
            return Err(Error::unreachable(format!(
                "{} was not found, and not every region answered: {}",
                quote(on),
                silent.join(", ")
            ))
            .hint("give the instance's id, or see that all regions answer"));
        }
        Found::Container { .. } => {
            return Err(Error::usage("runbooks do not run in containers yet")
                .hint("`qd connect ecs:…` opens one; run there what the page says"));
        }
        Found::None | Found::Many(_) => {}
    }
    let filter = Filter::parse(on).map_err(|bad| Error::usage(bad.to_string()))?;
    let fits = |node: &&Node| {
        !filter.is_empty() && filter.matches(node) && matches!(node.state.as_deref(), None | Some("running"))
    };
    let nodes: Vec<Node> = roster.nodes.iter().filter(fits).cloned().collect();
    roster.failures.iter().for_each(cloud::tell);
    match nodes.is_empty() {
        true => Err(Error::unreachable(format!("no running machine is {}", quote(on)))
            .hint("`qd fleet ls` lists what can be reached")),
        false => Ok(nodes),
    }
}
