//! From flags to what is started: the form filled and checked, the targets found, and whether production is touched.

use crate::aws::{Cloud, Place, StartAutomation};
use crate::cli::aim::resolve;
use crate::cli::{Context, Error, cloud, notice, quote};
use crate::document::{
    Aim, Document, Form, Parameter, Values, is_named, lies_in, mapped, may_be_production, names, parse_map,
    parse_target, target_parameter,
};
use crate::fanout;
use crate::fleet::{self, Filter, Node, Policy, Roster};
use futures_util::StreamExt;

use super::beyond::Beyond;

/// Values of one target that AWS takes.
const VALUES: usize = 50;

/// What a document is given, of a preview and of a start alike.
#[derive(clap::Args)]
pub struct Given {
    /// A document's name or ARN, or a file
    #[arg(value_name = "NAME|FILE")]
    pub name: String,
    /// A version; default: the one that AWS takes by default
    #[arg(id = "document_version", long = "document-version", value_name = "N")]
    pub version: Option<String>,
    /// A parameter; given several times it is a list, and a list may be written as JSON
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = pair)]
    pub parameters: Vec<(String, String)>,
    /// What it runs on: an expression as `fleet ls --filter` takes, or key=value (a tag, ResourceGroup, ParameterValues)
    #[arg(long, value_name = "EXPR|KEY=VALUE")]
    pub targets: Option<String>,
    /// The parameter that is filled with each target; default: the one that takes an instance
    #[arg(long, value_name = "NAME", requires = "targets")]
    pub target_parameter: Option<String>,
    /// In the place of targets, repeatable: a child for each map, NAME=VALUE,NAME=VALUE or a JSON object
    #[arg(long = "target-map", value_name = "NAME=VALUE,…", conflicts_with = "targets", value_parser = parse_map)]
    pub maps: Vec<Values>,
    /// How many targets at the same time: a number, or a share such as 25%
    #[arg(long, value_name = "N|N%", value_parser = fanout::parse_concurrency)]
    pub max_concurrency: Option<String>,
    /// How many may fail before no more are begun
    #[arg(long, value_name = "N|N%", value_parser = fanout::parse_amount)]
    pub max_errors: Option<String>,
    #[command(flatten)]
    pub beyond: Beyond,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// What would be started.
pub struct Aimed {
    pub start: StartAutomation,
    /// Machines that are touched, as far as they are known.
    pub nodes: Vec<Node>,
    pub is_production: bool,
    pub aim: Option<Aim>,
    pub values: Values,
}

/// Checks every value with a sentence each, then finds what is touched.
pub async fn aim(
    given: &Given,
    context: &Context,
    clients: &Cloud,
    place: &Place,
    document: &Document,
    is_command: bool,
) -> Result<Aimed, Error> {
    let aim = given.targets.as_deref().map(parse_target).transpose();
    let aim = aim.map_err(|bad| Error::usage(format!("--targets: {bad}")))?;
    if is_command && (!given.maps.is_empty() || given.beyond.is_given()) {
        let says = "a Command document takes no maps, accounts or alarms";
        return Err(Error::usage(says).hint("--targets says where it runs"));
    }
    let filled = match (&aim, is_command) {
        (Some(_), false) => {
            let named = given.target_parameter.as_deref();
            let found = target_parameter(document, named);
            Some(found.map_err(|bad| Error::usage(bad.to_string()).hint("name it with --target-parameter"))?)
        }
        _ => None,
    };
    let mut maps = Vec::new();
    for map in &given.maps {
        maps.push(map_by_id(map, clients, document).await?);
    }
    let mapped =
        mapped(document, &maps).map_err(|bad| Error::usage(format!("--target-map: {}", quote(&bad))))?;
    let parameters = by_id(&given.parameters, clients, document).await?;
    let by_aws: Vec<String> = filled.iter().cloned().chain(mapped).collect();
    let values = fill(&given.name, &parameters, document, &by_aws)?;
    let policy = Policy::of(&context.config)?;
    let told: Vec<&String> = values
        .values()
        .chain(maps.iter().flat_map(Values::values))
        .flatten()
        .collect();
    let looks_at_fleet = aim.is_some() || told.iter().any(|value| names_instance(value));
    let roster = match looks_at_fleet {
        true => gather(clients).await,
        false => Roster::default(),
    };
    let nodes = touched(&roster.nodes, aim.as_ref(), &told)?;
    let targets = match &aim {
        _ if is_command => None,
        Some(Aim::Key(key, values)) => Some((key.clone(), values.clone())),
        Some(Aim::Filter(_)) => Some((
            "ParameterValues".to_owned(),
            nodes.iter().map(|node| node.id.to_string()).collect(),
        )),
        None => None,
    };
    if let Some(Aim::Filter(text)) = &aim {
        must_be_here(&nodes, place, text, is_command)?;
    }
    let is_unknown = !roster.failures.is_empty()
        && told
            .iter()
            .any(|value| names_instance(value) && !nodes.iter().any(|node| names(value, &node.id.0)));
    if is_unknown {
        notice("qd: not every region told its instances, so this counts as production");
    }
    let locations = given.beyond.locations(context, clients, place).await?;
    let is_sent = targets.is_some() || is_command || !maps.is_empty() || !locations.is_empty();
    let limited = [
        ("--max-concurrency", &given.max_concurrency),
        ("--max-errors", &given.max_errors),
    ];
    if let Some((flag, _)) = limited.iter().find(|(_, amount)| amount.is_some() && !is_sent) {
        return Err(
            Error::usage(format!("{flag} means nothing for one run of a document"))
                .hint("--targets, --target-map or --account starts it several times"),
        );
    }
    let here = here(clients, place).await;
    let sent = locations.iter().map(|at| (&at.accounts[..], &at.regions[..]));
    // What a region did not tell of itself may be production, where it runs in several.
    let is_untold = !locations.is_empty() && !roster.failures.is_empty();
    let is_production = is_unknown
        || is_untold
        || may_be_production(&policy, sent, &here)
        || nodes.iter().any(|node| policy.is_production(node))
        || policy.is_production(&here);
    let start = StartAutomation {
        document: given.name.clone(),
        version: given.version.clone(),
        parameters: values.clone(),
        token: uuid::Uuid::new_v4().to_string(),
        is_interactive: false,
        target_parameter: filled.filter(|_| targets.is_some()),
        targets,
        concurrency: given.max_concurrency.clone(),
        errors: given.max_errors.clone(),
        maps,
        locations,
        alarm: given.beyond.alarm(),
    };
    // A key chooses among the machines of the places that it is sent to, and of no other.
    let is_sent_to =
        |node: &Node| start.locations.is_empty() || lies_in(&start.locations, node) || is_named(&start, node);
    Ok(Aimed {
        nodes: nodes.into_iter().filter(is_sent_to).collect(),
        start,
        is_production,
        aim,
        values,
    })
}

/// The parameters, with an instance that was called by its name under its id.
async fn by_id(
    given: &[(String, String)],
    clients: &Cloud,
    document: &Document,
) -> Result<Vec<(String, String)>, Error> {
    let takes_instance = |name: &str| {
        let parameter = document
            .parameters
            .iter()
            .find(|parameter| parameter.name == name);
        parameter.is_some_and(Parameter::is_instance)
    };
    let mut told = Vec::new();
    for (name, value) in given {
        // `checkout-api-01` has an `i-` in it, and is a name.
        let is_id = ["i-", "mi-", "arn:"]
            .iter()
            .any(|begins| value.starts_with(begins));
        let is_name = !(value.is_empty() || value.starts_with(['[', '{']) || is_id);
        let value = match is_name && takes_instance(name) {
            true => resolve(clients, value).await?.id.to_string(),
            false => value.clone(),
        };
        told.push((name.clone(), value));
    }
    Ok(told)
}

/// The same for a map.
async fn map_by_id(map: &Values, clients: &Cloud, document: &Document) -> Result<Values, Error> {
    let pairs: Vec<(String, String)> = map
        .iter()
        .flat_map(|(name, values)| values.iter().map(|value| (name.clone(), value.clone())))
        .collect();
    let mut told = Values::new();
    for (name, value) in by_id(&pairs, clients, document).await? {
        told.entry(name).or_default().push(value);
    }
    Ok(told)
}

fn fill(
    document_name: &str,
    given: &[(String, String)],
    document: &Document,
    filled: &[String],
) -> Result<Values, Error> {
    let mut form = Form::of(&document.parameters);
    let mut refused = Vec::new();
    for (name, value) in given {
        refused.extend(form.give(name, value).err());
    }
    match form.values(filled) {
        Ok(values) if refused.is_empty() => return Ok(values),
        Ok(_) => {}
        Err(more) => refused.extend(more),
    }
    let says: Vec<String> = refused
        .iter()
        .map(|refused| quote(&refused.to_string()))
        .collect();
    Err(Error::usage(says.join("\n    ")).hint(format!(
        "`qd documents show {}` tells what it takes",
        quote(document_name)
    )))
}

fn names_instance(value: &str) -> bool {
    value.contains("i-")
}

pub async fn gather(clients: &Cloud) -> Roster {
    let mut roster = Roster::default();
    let mut batches = fleet::fetch(clients);
    while let Some(batch) = batches.next().await {
        roster.apply(batch);
    }
    roster.failures.iter().for_each(cloud::tell);
    roster
}

/// The machines that targets choose and that values name.
fn touched(all: &[Node], aim: Option<&Aim>, told: &[&String]) -> Result<Vec<Node>, Error> {
    let filter = match aim {
        Some(Aim::Filter(text)) => Some(Filter::parse(text).map_err(|bad| Error::usage(bad.to_string()))?),
        _ => None,
    };
    let is_chosen = |node: &Node| match aim {
        Some(Aim::Key(key, wanted)) => match key.strip_prefix("tag:") {
            Some(tag) => node.tags.get(tag).is_some_and(|value| wanted.contains(value)),
            None => wanted.contains(&node.id.0),
        },
        Some(Aim::Filter(_)) => {
            let is_gone = matches!(node.state.as_deref(), Some("terminated" | "shutting-down"));
            !is_gone && filter.as_ref().is_some_and(|filter| filter.matches(node))
        }
        None => false,
    };
    let is_named = |node: &Node| told.iter().any(|value| names(value, &node.id.0));
    Ok(all
        .iter()
        .filter(|node| is_chosen(node) || is_named(node))
        .cloned()
        .collect())
}

/// A filter chooses machines of the place where the automation begins.
fn must_be_here(nodes: &[Node], place: &Place, text: &str, is_command: bool) -> Result<(), Error> {
    if nodes.is_empty() {
        return Err(Error::unreachable(format!("no instance matches {}", quote(text)))
            .hint("`qd fleet ls --filter EXPR` shows what does"));
    }
    if is_command {
        return Ok(());
    }
    let elsewhere = nodes
        .iter()
        .find(|node| node.region != place.region || node.profile != place.profile);
    if let Some(node) = elsewhere {
        return Err(Error::usage(format!(
            "{} is in {} {}, and the document is in {} {}",
            node.id, node.profile, node.region, place.profile, place.region
        ))
        .hint("narrow the expression, such as with region:NAME, and start it once for each place"));
    }
    if nodes.len() > VALUES {
        return Err(Error::usage(format!(
            "{} instances match, and AWS takes {VALUES} values",
            nodes.len()
        ))
        .hint("choose by tag: --targets tag:KEY=VALUE"));
    }
    Ok(())
}

/// The account and region themselves, which a rule may call production.
pub async fn here(clients: &Cloud, place: &Place) -> Node {
    let identity = clients.identity_at(place).await.ok();
    let mut here = Node::default();
    here.profile.clone_from(&place.profile);
    here.region.clone_from(&place.region);
    here.account = identity.map(|identity| identity.account).unwrap_or_default();
    here
}
