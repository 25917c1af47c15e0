//! The rules of security groups: DescribeSecurityGroupRules, AuthorizeSecurityGroupIngress, RevokeSecurityGroupIngress.

use super::{Kind, invalid, list, missing, reply};
use crate::sim::call::Call;
use crate::sim::dice::Dice;
use crate::sim::estate::Rule;
use crate::sim::form::Form;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;
use crate::sim::xml::Xml;

const RULES: Kind = Kind {
    set: "securityGroupRuleSet",
    ids: "SecurityGroupRuleId",
    not_found: "InvalidSecurityGroupRuleId.NotFound",
    filters: &["group-id", "security-group-rule-id"],
    paged: true,
};

pub fn describe(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let all = super::estate(world, call, |estate| &estate.rules);
    let facts = |rule: &Rule, name: &str| match name {
        "group-id" => vec![rule.group.clone()],
        _ => vec![rule.id.clone()],
    };
    let owner = &call.caller.account_id;
    let id = |rule: &Rule| rule.id.clone();
    list(world, call, form, &RULES, all, (id, facts), |x, rule| {
        write(x, rule, owner);
    })
}

fn write(x: &mut Xml, rule: &Rule, owner: &str) {
    x.leaf("securityGroupRuleId", &rule.id)
        .leaf("groupId", &rule.group)
        .leaf("groupOwnerId", owner);
    x.leaf("isEgress", rule.is_egress)
        .leaf("ipProtocol", &rule.protocol)
        .leaf("fromPort", rule.ports.0)
        .leaf("toPort", rule.ports.1);
    x.leaf("cidrIpv4", &rule.cidr)
        .leaf_if("description", rule.says.as_ref());
    x.within("tagSet", |_| {});
}

/// What is let in: protocol, ports, addresses and what is said of it.
struct Permission {
    protocol: String,
    ports: (i32, i32),
    cidr: String,
    says: Option<String>,
}

impl Permission {
    fn is(&self, rule: &Rule) -> bool {
        !rule.is_egress
            && (&rule.protocol, rule.ports, &rule.cidr) == (&self.protocol, self.ports, &self.cidr)
    }

    fn words(&self) -> String {
        let (from, to) = self.ports;
        let protocol = self.protocol.to_uppercase();
        format!(
            "peer: {}, {protocol}, from port: {from}, to port: {to}, ALLOW",
            self.cidr
        )
    }
}

/// The group that is meant, and what of it is asked for.
fn asked(form: &Form) -> Result<(&str, Vec<Permission>), Refusal> {
    let group = form.get("GroupId").ok_or_else(|| missing("GroupId"))?;
    let mut found = Vec::new();
    for nth in 1.. {
        let of = |name: &str| form.get(&format!("IpPermissions.{nth}.{name}"));
        let Some(protocol) = of("IpProtocol") else { break };
        let port = |name: &str| {
            let text = of(name).unwrap_or("-1");
            let number = text
                .parse::<i32>()
                .ok()
                .filter(|port| (-1..=65_535).contains(port));
            number.ok_or_else(|| invalid(format!("Invalid value '{text}' for portRange")))
        };
        let ports = (port("FromPort")?, port("ToPort")?);
        for range in 1.. {
            let Some(cidr) = of(&format!("IpRanges.{range}.CidrIp")) else {
                break;
            };
            found.push(Permission {
                protocol: protocol.to_owned(),
                ports,
                cidr: network(cidr)?,
                says: of(&format!("IpRanges.{range}.Description")).map(str::to_owned),
            });
        }
    }
    if found.is_empty() {
        return Err(missing("ipPermissions"));
    }
    Ok((group, found))
}

/// An IPv4 network as EC2 takes it.
fn network(cidr: &str) -> Result<String, Refusal> {
    let parts = cidr.split_once('/');
    let good = parts.filter(|(address, bits)| {
        address.parse::<std::net::Ipv4Addr>().is_ok() && bits.parse::<u8>().is_ok_and(|bits| bits <= 32)
    });
    good.map(|_| cidr.to_owned())
        .ok_or_else(|| invalid(format!("CIDR block {cidr} is malformed")))
}

/// Does something to the rules of a group that is there.
fn with_rules<T>(
    world: &World,
    call: &Call<'_>,
    group: &str,
    change: impl FnOnce(&mut Vec<Rule>) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    let mut fleet = world.fleet_mut();
    let place = fleet.place_mut(call.caller.account, &call.region);
    let known = place.filter(|place| place.instances.iter().any(|one| one.security_group.0 == group));
    let gone = || {
        let message = format!("The security group '{group}' does not exist");
        Refusal::new("InvalidGroup.NotFound", message)
    };
    change(&mut known.ok_or_else(gone)?.estate.rules)
}

pub fn authorize(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let (group, permissions) = asked(form)?;
    let made = with_rules(world, call, group, |rules| {
        let there = |one: &&Permission| rules.iter().any(|rule| rule.group == group && one.is(rule));
        if let Some(one) = permissions.iter().find(there) {
            let message = format!("the specified rule \"{}\" already exists", one.words());
            return Err(Refusal::new("InvalidPermission.Duplicate", message));
        }
        let made: Vec<Rule> = permissions
            .into_iter()
            .enumerate()
            .map(|(nth, one)| Rule {
                id: format!(
                    "sgr-0{}",
                    Dice::new(world.seed, &format!("{}/{nth}", call.request_id)).hex(16)
                ),
                group: group.to_owned(),
                is_egress: false,
                protocol: one.protocol,
                ports: one.ports,
                cidr: one.cidr,
                says: one.says,
            })
            .collect();
        rules.extend(made.clone());
        Ok(made)
    })?;
    Ok(reply(call, |x| {
        x.leaf("return", true);
        x.within("securityGroupRuleSet", |x| {
            for rule in &made {
                x.within("item", |x| write(x, rule, &call.caller.account_id));
            }
        });
    }))
}

pub fn revoke(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let (group, permissions) = asked(form)?;
    with_rules(world, call, group, |rules| {
        let is_meant = |rule: &Rule| rule.group == group && permissions.iter().any(|one| one.is(rule));
        if !rules.iter().any(is_meant) {
            let message = "The specified rule does not exist in this security group.";
            return Err(Refusal::new("InvalidPermission.NotFound", message));
        }
        rules.retain(|rule| !is_meant(rule));
        Ok(())
    })?;
    Ok(reply(call, |x| {
        x.leaf("return", true);
    }))
}
