//! EC2's query protocol, version 2016-11-15: instances and their power, volumes, and what else an account has.

mod address;
mod attachment;
mod attribute;
mod bin;
mod console;
mod credit;
mod disk;
mod elastic;
mod filter;
mod flow;
mod gateway;
mod image;
mod instance;
mod interface;
mod launch;
mod modification;
mod offering;
mod opening;
mod power;
mod profile;
mod region;
mod route;
mod rule;
mod snapshot;
mod spot;
mod status;
mod volume;

pub use instance::iso;

use super::call::Call;
use super::estate::{Estate, Tags};
use super::form::Form;
use super::instance_connect_endpoint;
use super::refusal::Refusal;
use super::world::World;
use super::xml::Xml;

const NAMESPACE: &str = "http://ec2.amazonaws.com/doc/2016-11-15/";

pub fn answer(world: &World, call: &Call<'_>) -> Result<String, Refusal> {
    let form = Form::parse(call.query, call.body);
    let operation = match call.operation.as_str() {
        "AllocateAddress" => elastic::allocate,
        "AssociateIamInstanceProfile" => profile::associate,
        "AttachVolume" => attachment::attach,
        "AuthorizeSecurityGroupIngress" => rule::authorize,
        "CreateFlowLogs" => flow::create,
        "CreateImage" => image::create,
        "CreateNatGateway" => opening::create_nat,
        "CreateSnapshot" => snapshot::create,
        "CreateVolume" => disk::create,
        "CreateVpcEndpoint" => opening::create_endpoint,
        "DeleteFlowLogs" => flow::delete,
        "DeleteNatGateway" => opening::delete_nat,
        "DeleteSnapshot" => bin::delete,
        "DeleteVolume" => disk::delete,
        "DeleteVpcEndpoints" => opening::delete_endpoints,
        "DescribeAddresses" => address::describe,
        "DescribeFlowLogs" => flow::describe,
        "DescribeIamInstanceProfileAssociations" => profile::describe,
        "DescribeImages" => image::describe,
        "DescribeNatGateways" => gateway::describe_nats,
        "DescribeSnapshots" => snapshot::describe,
        "DescribeVpcEndpoints" => gateway::describe_endpoints,
        "DescribeInstanceCreditSpecifications" => credit::describe,
        "DescribeInstanceTypeOfferings" => offering::describe,
        "DescribeInstanceStatus" => status::describe,
        "DescribeInstances" => instance::describe,
        "DescribeSecurityGroupRules" => rule::describe,
        "DescribeRegions" => region::describe,
        "DescribeRouteTables" => route::describe,
        "DescribeSpotPriceHistory" => spot::prices,
        "DescribeVolumes" => volume::describe,
        "DescribeVolumesModifications" => modification::describe,
        "DetachVolume" => attachment::detach,
        "DisassociateAddress" => elastic::disassociate,
        "GetConsoleOutput" => console::output,
        "GetConsoleScreenshot" => console::screenshot,
        "GetSpotPlacementScores" => spot::scores,
        "ModifyInstanceAttribute" => attribute::modify,
        "ModifyInstanceCreditSpecification" => credit::modify,
        "ModifyNetworkInterfaceAttribute" => interface::modify,
        "ModifySnapshotTier" => bin::archive,
        "ModifyVolume" => modification::modify,
        "DescribeInstanceConnectEndpoints" => describe_connect_endpoints,
        "RebootInstances" => power::reboot,
        "ReleaseAddress" => elastic::release,
        "RestoreSnapshotFromRecycleBin" => bin::restore,
        "RevokeSecurityGroupIngress" => rule::revoke,
        "RunInstances" => launch::run,
        "StartInstances" => power::start,
        "StopInstances" => power::stop,
        "TerminateInstances" => power::terminate,
        "" => return Err(missing("Action")),
        other => {
            let message = format!("The action {other} is not valid for this web service.");
            return Err(Refusal::new("InvalidAction", message));
        }
    };
    match form.get("DryRun") {
        None | Some("false") => operation(world, call, &form),
        Some("true") => {
            let message = "Request would have succeeded, but DryRun flag is set.";
            Err(Refusal::new("DryRunOperation", message).with_status(hyper::StatusCode::PRECONDITION_FAILED))
        }
        Some(other) => Err(invalid(format!(
            "Invalid value '{other}' for DryRun: expected true or false"
        ))),
    }
}

fn describe_connect_endpoints(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let mut outcome = Ok(());
    let body = reply(call, |x| {
        outcome = instance_connect_endpoint::describe(world, call, form, x)
    });
    outcome.map(|()| body)
}

fn reply(call: &Call<'_>, fill: impl FnOnce(&mut Xml)) -> String {
    Xml::new().root(&format!("{}Response", call.operation), NAMESPACE, |x| {
        x.leaf("requestId", call.request_id);
        fill(x);
    })
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new("InvalidParameterValue", message)
}

fn missing(name: &str) -> Refusal {
    Refusal::new(
        "MissingParameter",
        format!("The request must contain the parameter {name}"),
    )
}

/// `MaxResults` and the first row of the page. Without `MaxResults` a page holds 1000 rows.
fn page(world: &World, form: &Form, at_least: usize) -> Result<(usize, usize), Refusal> {
    let size = match form.get("MaxResults") {
        None => 1000,
        Some(text) => text.parse().ok().filter(|size| (at_least..=1000).contains(size)).ok_or_else(|| {
            invalid(format!("Value ( {text} ) for parameter maxResults is invalid. Expecting a value between {at_least} and 1000."))
        })?,
    };
    let token = form.get("NextToken").filter(|token| !token.is_empty());
    let offset = world.pager.offset(&form.fingerprint(), token).map_err(|_| {
        invalid(format!(
            "Invalid value '{}' for nextToken.",
            token.unwrap_or_default()
        ))
    })?;
    Ok((offset, size))
}

/// What the rows of one list are called.
struct Kind {
    /// The element around the rows.
    set: &'static str,
    /// The parameter that names some of them.
    ids: &'static str,
    not_found: &'static str,
    filters: &'static [&'static str],
    /// Whether the operation answers in pages.
    paged: bool,
}

/// Writes the rows that are asked for: by id, by filter, page by page.
fn list<T>(
    world: &World,
    call: &Call<'_>,
    form: &Form,
    kind: &Kind,
    rows: Vec<T>,
    (id, facts): (impl Fn(&T) -> String, impl Fn(&T, &str) -> Vec<String>),
    write: impl Fn(&mut Xml, &T),
) -> Result<String, Refusal> {
    let ids = form.list(kind.ids);
    if let Some(gone) = ids
        .iter()
        .find(|wanted| !rows.iter().any(|row| id(row) == **wanted))
    {
        return Err(Refusal::new(
            kind.not_found,
            format!("The ID '{gone}' does not exist"),
        ));
    }
    let filters = form.filters();
    filter::check(&filters, kind.filters)?;
    let (offset, size) = if kind.paged {
        page(world, form, 5)?
    } else {
        (0, usize::MAX)
    };
    let found: Vec<&T> = rows
        .iter()
        .filter(|row| ids.is_empty() || ids.contains(&id(row)))
        .filter(|row| filter::passes(&filters, |name| facts(row, name)))
        .collect();
    Ok(reply(call, |x| {
        x.within(kind.set, |x| {
            for row in found.iter().skip(offset).take(size) {
                x.within("item", |x| write(x, row));
            }
        });
        if found.len() > offset.saturating_add(size) {
            x.leaf("nextToken", world.pager.token(&form.fingerprint(), offset + size));
        }
    }))
}

/// What the caller has in the region of the call.
fn estate<T: Clone>(world: &World, call: &Call<'_>, part: impl Fn(&Estate) -> &Vec<T>) -> Vec<T> {
    let fleet = world.fleet();
    let place = fleet.place(call.caller.account, &call.region);
    place.map(|place| part(&place.estate).clone()).unwrap_or_default()
}

/// The answer of an operation that takes several ids, and what became of those that it could not do.
fn unsuccessful(call: &Call<'_>, failed: Vec<(String, Refusal)>) -> String {
    reply(call, |x| write_unsuccessful(x, &failed))
}

fn write_unsuccessful(x: &mut Xml, failed: &[(String, Refusal)]) {
    x.within("unsuccessful", |x| {
        for (id, refusal) in failed {
            x.within("item", |x| {
                x.leaf("resourceId", id);
                x.within("error", |x| {
                    x.leaf("code", refusal.code).leaf("message", &refusal.message);
                });
            });
        }
    });
}

fn write_tags(x: &mut Xml, tags: &Tags) {
    x.within("tagSet", |x| {
        for (key, value) in tags {
            x.within("item", |x| {
                x.leaf("key", key).leaf("value", value);
            });
        }
    });
}

/// Ids checked for form first and for existence second, each with its own code.
fn check_ids(ids: &[String], prefix: &str, kind: &str, exists: impl Fn(&str) -> bool) -> Result<(), Refusal> {
    let well_formed = |id: &str| {
        id.strip_prefix(prefix).is_some_and(|rest| {
            matches!(rest.len(), 8 | 17) && rest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        })
    };
    let (what, malformed, not_found) = match kind {
        "volume" => ("volume", "InvalidParameterValue", "InvalidVolume.NotFound"),
        _ => (
            "instance",
            "InvalidInstanceID.Malformed",
            "InvalidInstanceID.NotFound",
        ),
    };
    if let Some(id) = ids.iter().find(|id| !well_formed(id)) {
        return Err(Refusal::new(
            malformed,
            format!("Invalid id: \"{id}\" (expecting \"{prefix}...\")"),
        ));
    }
    let gone: Vec<&str> = ids.iter().map(String::as_str).filter(|id| !exists(id)).collect();
    match gone[..] {
        [] => Ok(()),
        [id] => Err(Refusal::new(
            not_found,
            format!("The {what} ID '{id}' does not exist"),
        )),
        _ => Err(Refusal::new(
            not_found,
            format!("The {what} IDs '{}' do not exist", gone.join(", ")),
        )),
    }
}
