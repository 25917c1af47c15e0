//! DescribeInstances. `MaxResults` counts instances, as AWS does: a reservation may be split over two pages.

use jiff::Timestamp;

use super::{check_ids, filter, page, reply};
use crate::sim::call::Call;
use crate::sim::estate::Address;
use crate::sim::fleet::{Instance, Power};
use crate::sim::form::Form;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;
use crate::sim::xml::Xml;

pub fn describe(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let ids = form.list("InstanceId");
    if !ids.is_empty() && form.get("MaxResults").is_some() {
        let message = "The parameter instancesSet cannot be used with the parameter maxResults";
        return Err(Refusal::new("InvalidParameterCombination", message));
    }
    let filters = form.filters();
    filter::check(&filters, filter::OF_INSTANCES)?;
    let (offset, size) = page(world, form, 5)?;
    let owner = &call.caller.account_id;
    let fleet = world.fleet();
    let place = fleet.place(call.caller.account, &call.region);
    let all = place.map_or(&[][..], |place| &place.instances);
    let addresses = place.map_or(&[][..], |place| &place.estate.addresses);
    check_ids(&ids, "i-", "instance", |id| {
        all.iter().any(|instance| instance.id == id)
    })?;
    let mut left = all
        .iter()
        .filter(|instance| ids.is_empty() || ids.contains(&instance.id))
        .filter(|instance| filter::admits(&filters, owner, instance, call.now))
        .skip(offset);
    let shown: Vec<&Instance> = left.by_ref().take(size).collect();
    let more = left.next().is_some();
    Ok(reply(call, |x| {
        x.within("reservationSet", |x| {
            for together in shown.chunk_by(|a, b| a.reservation_id == b.reservation_id) {
                x.within("item", |x| write_reservation(x, call, together, addresses));
            }
        });
        if more {
            x.leaf(
                "nextToken",
                world.pager.token(&form.fingerprint(), offset + shown.len()),
            );
        }
    }))
}

pub fn iso(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

impl Instance {
    pub fn profile_arn(&self, owner: &str) -> Option<String> {
        self.profile
            .as_ref()
            .map(|name| format!("arn:aws:iam::{owner}:instance-profile/{name}"))
    }

    pub fn private_dns_name(&self) -> String {
        let region = self.zone.trim_end_matches(|c: char| c.is_ascii_lowercase());
        let domain = if region == "us-east-1" {
            "ec2.internal".to_owned()
        } else {
            format!("{region}.compute.internal")
        };
        format!("ip-{}.{domain}", self.private_ip.replace('.', "-"))
    }

    /// AWS's `reason` and `stateReason`, when the instance does not run.
    fn reason(&self) -> Option<(String, &'static str)> {
        match &self.power {
            Power::Running | Power::Starting(_) => None,
            Power::Stopping(at) | Power::Stopped(at) | Power::Terminated(at) => {
                let at = at.strftime("%Y-%m-%d %H:%M:%S GMT");
                Some((format!("User initiated ({at})"), "Client.UserInitiatedShutdown"))
            }
        }
    }
}

/// A reservation and its instances; `addresses` are the account's own.
pub fn write_reservation(x: &mut Xml, call: &Call<'_>, together: &[&Instance], addresses: &[Address]) {
    let owner = &call.caller.account_id;
    x.leaf(
        "reservationId",
        together.first().map_or("", |first| &first.reservation_id),
    );
    x.leaf("ownerId", owner).within("groupSet", |_| {});
    x.within("instancesSet", |x| {
        for (index, instance) in together.iter().enumerate() {
            x.within("item", |x| write_instance(x, call, instance, index, addresses));
        }
    });
}

fn write_instance(x: &mut Xml, call: &Call<'_>, instance: &Instance, index: usize, addresses: &[Address]) {
    let (owner, region, now) = (&call.caller.account_id, &call.region, call.now);
    let (code, state) = instance.power.state(now);
    let gone = state == "terminated";
    let running = state == "running";
    let (details, usage) = instance.platform.details();
    let reason = instance.reason();
    x.leaf("instanceId", &instance.id)
        .leaf("imageId", &instance.image_id);
    x.within("instanceState", |x| {
        x.leaf("code", code).leaf("name", state);
    });
    let public_ip = instance.public_ip.as_ref().filter(|_| running);
    x.leaf(
        "privateDnsName",
        if gone {
            String::new()
        } else {
            instance.private_dns_name()
        },
    );
    x.leaf(
        "dnsName",
        public_ip.map_or(String::new(), |ip| public_name(ip, region)),
    );
    x.leaf("reason", reason.as_ref().map_or("", |(text, _)| text));
    x.leaf_if("keyName", instance.key_name.as_ref())
        .leaf("amiLaunchIndex", index);
    x.within("productCodes", |_| {});
    x.leaf("instanceType", instance.size.name())
        .leaf("launchTime", iso(instance.launched_at));
    x.within("placement", |x| {
        x.leaf("availabilityZone", &instance.zone)
            .leaf("groupName", "")
            .leaf("tenancy", "default");
    });
    x.leaf_if("platform", instance.platform.is_windows().then_some("windows"));
    x.within("monitoring", |x| {
        x.leaf("state", "disabled");
    });
    if !gone {
        x.leaf("subnetId", &instance.subnet_id)
            .leaf("vpcId", &instance.vpc_id);
        x.leaf("privateIpAddress", &instance.private_ip)
            .leaf_if("ipAddress", public_ip);
        x.leaf("sourceDestCheck", true);
        x.within("groupSet", |x| write_group(x, instance));
    }
    if let Some((_, code)) = &reason {
        x.within("stateReason", |x| {
            x.leaf("code", code)
                .leaf("message", format!("{code}: User initiated shutdown"));
        });
    }
    x.leaf("architecture", instance.size.architecture());
    x.leaf("rootDeviceType", "ebs")
        .leaf("rootDeviceName", instance.platform.root_device());
    x.within("blockDeviceMapping", |x| write_disks(x, instance, gone));
    x.leaf("virtualizationType", "hvm").leaf("clientToken", "");
    x.within("tagSet", |x| {
        for (key, value) in &instance.tags {
            x.within("item", |x| {
                x.leaf("key", key).leaf("value", value);
            });
        }
    });
    x.leaf(
        "hypervisor",
        if instance.size.is_nitro() { "nitro" } else { "xen" },
    );
    if !gone {
        x.within("networkInterfaceSet", |x| {
            x.within("item", |x| {
                x.leaf("networkInterfaceId", &instance.interface_id);
                x.leaf("subnetId", &instance.subnet_id)
                    .leaf("vpcId", &instance.vpc_id);
                x.leaf("ownerId", owner).leaf("status", "in-use");
                x.leaf("privateIpAddress", &instance.private_ip);
                x.within("groupSet", |x| write_group(x, instance));
                if let Some(ip) = public_ip {
                    // An address that was given at launch is Amazon's.
                    let is_own = addresses.iter().any(|one| one.ip == *ip);
                    x.within("association", |x| {
                        x.leaf("publicIp", ip)
                            .leaf("publicDnsName", public_name(ip, region))
                            .leaf("ipOwnerId", if is_own { owner } else { "amazon" });
                    });
                }
            });
        });
    }
    if let Some(arn) = instance.profile_arn(owner) {
        x.within("iamInstanceProfile", |x| {
            x.leaf("arn", arn)
                .leaf("id", format!("AIPA{}", instance.id[3..].to_uppercase()));
        });
    }
    x.leaf("ebsOptimized", instance.size.is_nitro())
        .leaf("enaSupport", true);
    x.leaf("platformDetails", details).leaf("usageOperation", usage);
}

fn public_name(ip: &str, region: &str) -> String {
    format!("ec2-{}.{region}.compute.amazonaws.com", ip.replace('.', "-"))
}

fn write_group(x: &mut Xml, instance: &Instance) {
    let (id, name) = &instance.security_group;
    x.within("item", |x| {
        x.leaf("groupId", id).leaf("groupName", name);
    });
}

fn write_disks(x: &mut Xml, instance: &Instance, gone: bool) {
    for volume in instance.volumes.iter().filter(|_| !gone) {
        x.within("item", |x| {
            x.leaf("deviceName", &volume.device);
            x.within("ebs", |x| {
                x.leaf("volumeId", &volume.id).leaf("status", "attached");
                let since = volume.attached_at.unwrap_or(instance.launched_at);
                x.leaf("attachTime", iso(since)).leaf("deleteOnTermination", true);
            });
        });
    }
}
