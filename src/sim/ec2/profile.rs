//! DescribeIamInstanceProfileAssociations and AssociateIamInstanceProfile. An instance whose agent had no credentials is a
//! managed node from then on.

use super::instance::iso;
use super::{Kind, check_ids, list, missing, reply};
use crate::sim::call::Call;
use crate::sim::fleet::{Agent, Instance, LATEST_AGENT};
use crate::sim::form::Form;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;
use crate::sim::xml::Xml;

const ASSOCIATIONS: Kind = Kind {
    set: "iamInstanceProfileAssociationSet",
    ids: "AssociationId",
    not_found: "InvalidAssociationID.NotFound",
    filters: &["instance-id", "state"],
    paged: true,
};

fn id(one: &Instance) -> String {
    one.id.replacen("i-", "iip-assoc-", 1)
}

pub fn describe(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let rows: Vec<Instance> = {
        let fleet = world.fleet();
        let place = fleet.place(call.caller.account, &call.region).into_iter();
        let all = place.flat_map(|place| &place.instances);
        all.filter(|one| one.profile.is_some()).cloned().collect()
    };
    let facts = |one: &Instance, name: &str| match name {
        "instance-id" => vec![one.id.clone()],
        _ => vec!["associated".to_owned()],
    };
    list(world, call, form, &ASSOCIATIONS, rows, (id, facts), |x, one| {
        write(x, one, &call.caller.account_id, "associated");
    })
}

fn write(x: &mut Xml, one: &Instance, owner: &str, state: &str) {
    x.leaf("associationId", id(one)).leaf("instanceId", &one.id);
    x.within("iamInstanceProfile", |x| {
        x.leaf_if("arn", one.profile_arn(owner))
            .leaf("id", format!("AIPA{}", one.id[3..].to_uppercase()));
    });
    x.leaf("state", state)
        .leaf("timestamp", iso(one.profiled_at.unwrap_or(one.launched_at)));
}

pub fn associate(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let wanted = form.get("InstanceId").ok_or_else(|| missing("InstanceId"))?;
    let by_arn = form
        .get("IamInstanceProfile.Arn")
        .and_then(|arn| arn.rsplit('/').next());
    let name = form.get("IamInstanceProfile.Name").or(by_arn);
    let name = name.ok_or_else(|| missing("iamInstanceProfile"))?;
    let mut fleet = world.fleet_mut();
    let place = fleet.place_mut(call.caller.account, &call.region);
    let all = place
        .map(|place| place.instances.as_mut_slice())
        .unwrap_or_default();
    let ids = [wanted.to_owned()];
    check_ids(&ids, "i-", "instance", |id| all.iter().any(|one| one.id == id))?;
    let Some(one) = all.iter_mut().find(|one| one.id == wanted) else {
        return Err(missing("InstanceId"));
    };
    if one.profile.is_some() {
        let message = format!("There is an existing association for instance {wanted}");
        return Err(Refusal::new("IncorrectState", message));
    }
    one.profile = Some(name.to_owned());
    one.profiled_at = Some(call.now);
    one.agent.get_or_insert_with(|| Agent {
        version: LATEST_AGENT.to_owned(),
        online: true,
        lost_at: call.now,
    });
    Ok(reply(call, |x| {
        x.within("iamInstanceProfileAssociation", |x| {
            write(x, one, &call.caller.account_id, "associating");
        });
    }))
}
