//! Elastic Load Balancing v2 in its query protocol: load balancers, target groups with their attributes, targets and their
//! health, tags.

mod target;

use std::collections::BTreeMap;

use super::call::Call;
use super::estate::{Balancer, Tags};
use super::form::Form;
use super::refusal::Refusal;
use super::world::World;
use super::xml::Xml;

pub const NAMESPACE: &str = "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/";

/// The balancers of one place, and how their ARNs begin.
struct Desk<'a> {
    world: &'a World,
    call: &'a Call<'a>,
    form: Form,
    balancers: Vec<Balancer>,
    /// Zones, and a subnet of each, in which there are machines.
    zones: BTreeMap<String, String>,
}

pub fn answer(world: &World, call: &Call<'_>) -> Result<String, Refusal> {
    let (balancers, zones) = {
        let fleet = world.fleet();
        let place = fleet.place(call.caller.account, &call.region);
        let balancers = place.map(|place| place.estate.balancers.clone());
        let instances = place.into_iter().flat_map(|place| &place.instances);
        let zones = instances.map(|one| (one.zone.clone(), one.subnet_id.clone()));
        (balancers.unwrap_or_default(), zones.collect())
    };
    let desk = Desk {
        world,
        call,
        form: Form::parse(call.query, call.body),
        balancers,
        zones,
    };
    match call.operation.as_str() {
        "DeleteLoadBalancer" => desk.delete(),
        "DescribeLoadBalancers" => desk.load_balancers(),
        "DescribeTargetGroups" => desk.target_groups(),
        "DescribeTargetHealth" => desk.target_health(),
        "DescribeTags" => desk.tags(),
        "DescribeTargetGroupAttributes" => desk.attributes(),
        "ModifyTargetGroupAttributes" => desk.set_attributes(),
        "DeregisterTargets" => desk.deregister(),
        "RegisterTargets" => desk.register(),
        other => {
            let message = format!("The action {other} is not valid for this web service.");
            Err(Refusal::new("InvalidAction", message))
        }
    }
}

impl Desk<'_> {
    fn arn(&self, balancer: &Balancer) -> String {
        balancer.arn(&self.call.region, &self.call.caller.account_id)
    }

    fn group_arn(&self, balancer: &Balancer) -> String {
        balancer.group_arn(&self.call.region, &self.call.caller.account_id)
    }

    fn reply(&self, fill: impl FnOnce(&mut Xml)) -> String {
        let operation = &self.call.operation;
        Xml::new().root(&format!("{operation}Response"), NAMESPACE, |x| {
            x.within(&format!("{operation}Result"), fill);
            x.within("ResponseMetadata", |x| {
                x.leaf("RequestId", self.call.request_id);
            });
        })
    }

    /// The rows of the page that is asked for, and the marker of the next.
    fn page<'r>(&self, rows: Vec<&'r Balancer>) -> Result<(Vec<&'r Balancer>, Option<String>), Refusal> {
        let size: usize = self.form.get("PageSize").map_or(Ok(400), str::parse).unwrap_or(0);
        if !(1..=400).contains(&size) {
            return Err(invalid("PageSize must be between 1 and 400"));
        }
        let marker = self.form.get("Marker").map(|marker| marker.trim());
        let request = format!(
            "{}{}{}",
            self.call.operation, self.call.region, self.call.caller.account
        );
        let offset = self.world.pager.offset(&request, marker);
        let offset = offset.map_err(|_| invalid("The marker is not valid"))?;
        let more = rows.len() > offset + size;
        let next = more.then(|| self.world.pager.token(&request, offset + size));
        Ok((rows.into_iter().skip(offset).take(size).collect(), next))
    }

    fn load_balancers(&self) -> Result<String, Refusal> {
        let wanted = self.form.list("LoadBalancerArns.member");
        let rows = self.named(&wanted, |one| self.arn(one), "LoadBalancerNotFound")?;
        let (rows, next) = self.page(rows)?;
        Ok(self.reply(|x| {
            x.within("LoadBalancers", |x| {
                for one in rows {
                    x.within("member", |x| self.write_balancer(x, one));
                }
            });
            x.leaf_if("NextMarker", next);
        }))
    }

    /// One that is not there is as good as deleted, as at AWS.
    fn delete(&self) -> Result<String, Refusal> {
        let arn = self.form.get("LoadBalancerArn").unwrap_or_default();
        if !arn.starts_with("arn:") || !arn.contains(":loadbalancer/") {
            return Err(invalid(&format!("'{arn}' is not a valid load balancer ARN")));
        }
        let mut fleet = self.world.fleet_mut();
        if let Some(place) = fleet.place_mut(self.call.caller.account, &self.call.region) {
            place.estate.balancers.retain(|one| self.arn(one) != arn);
        }
        Ok(self.reply(|_| {}))
    }

    fn named<'r>(
        &'r self,
        wanted: &[String],
        arn: impl Fn(&Balancer) -> String,
        not_found: &'static str,
    ) -> Result<Vec<&'r Balancer>, Refusal> {
        if let Some(gone) = wanted
            .iter()
            .find(|name| !self.balancers.iter().any(|one| arn(one) == **name))
        {
            return Err(Refusal::new(not_found, format!("'{gone}' was not found")));
        }
        let rows = self.balancers.iter();
        Ok(rows
            .filter(|one| wanted.is_empty() || wanted.contains(&arn(one)))
            .collect())
    }

    fn write_balancer(&self, x: &mut Xml, one: &Balancer) {
        x.leaf("LoadBalancerArn", self.arn(one))
            .leaf("LoadBalancerName", &one.name);
        x.leaf(
            "DNSName",
            format!("{}-{}.{}.elb.amazonaws.com", one.name, one.id, self.call.region),
        );
        x.leaf("CreatedTime", super::ec2::iso(one.created_at))
            .leaf("Scheme", "internet-facing")
            .leaf("VpcId", &one.vpc);
        x.within("State", |x| {
            x.leaf("Code", "active");
        });
        x.leaf("Type", one.kind).leaf("IpAddressType", "ipv4");
        x.within("AvailabilityZones", |x| {
            for (zone, subnet) in &self.zones {
                x.within("member", |x| {
                    x.leaf("ZoneName", zone).leaf("SubnetId", subnet);
                });
            }
        });
    }

    fn target_groups(&self) -> Result<String, Refusal> {
        let rows = match self.form.get("LoadBalancerArn") {
            Some(arn) => self.named(&[arn.to_owned()], |one| self.arn(one), "LoadBalancerNotFound")?,
            None => {
                let wanted = self.form.list("TargetGroupArns.member");
                self.named(&wanted, |one| self.group_arn(one), "TargetGroupNotFound")?
            }
        };
        let (rows, next) = self.page(rows)?;
        Ok(self.reply(|x| {
            x.within("TargetGroups", |x| {
                for one in rows {
                    x.within("member", |x| {
                        x.leaf("TargetGroupArn", self.group_arn(one))
                            .leaf("TargetGroupName", &one.name);
                        let protocol = if one.kind == "network" { "TCP" } else { "HTTP" };
                        x.leaf("Protocol", protocol)
                            .leaf("Port", 8080)
                            .leaf("VpcId", &one.vpc);
                        write_check(x, protocol);
                        x.leaf("TargetType", "instance");
                        x.within("LoadBalancerArns", |x| {
                            x.leaf("member", self.arn(one));
                        });
                    });
                }
            });
            x.leaf_if("NextMarker", next);
        }))
    }

    fn tags(&self) -> Result<String, Refusal> {
        let wanted = self.form.list("ResourceArns.member");
        if !(1..=20).contains(&wanted.len()) {
            return Err(invalid("between 1 and 20 resources are described at once"));
        }
        let rows = self.named(&wanted, |one| self.arn(one), "LoadBalancerNotFound")?;
        Ok(self.reply(|x| {
            x.within("TagDescriptions", |x| {
                for one in rows {
                    x.within("member", |x| {
                        x.leaf("ResourceArn", self.arn(one));
                        write_tags(x, &one.tags);
                    });
                }
            });
        }))
    }
}

/// How the targets of a group are asked whether they are well.
fn write_check(x: &mut Xml, protocol: &str) {
    let is_http = protocol == "HTTP";
    x.leaf("HealthCheckProtocol", protocol)
        .leaf("HealthCheckPort", "traffic-port")
        .leaf("HealthCheckEnabled", true);
    x.leaf("HealthCheckIntervalSeconds", 30)
        .leaf("HealthCheckTimeoutSeconds", if is_http { 5 } else { 10 });
    x.leaf("HealthyThresholdCount", 5)
        .leaf("UnhealthyThresholdCount", 2);
    x.leaf_if("HealthCheckPath", is_http.then_some("/health"));
    if is_http {
        x.within("Matcher", |x| {
            x.leaf("HttpCode", 200);
        });
    }
}

fn write_tags(x: &mut Xml, tags: &Tags) {
    x.within("Tags", |x| {
        for (key, value) in tags {
            x.within("member", |x| {
                x.leaf("Key", key).leaf("Value", value);
            });
        }
    });
}

fn invalid(message: &str) -> Refusal {
    Refusal::new("ValidationError", message)
}
