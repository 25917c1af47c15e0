//! The targets of a group: their health, coming and going; and the group's attributes.

use super::{Desk, invalid};
use crate::sim::estate::{Balancer, DELAY};
use crate::sim::refusal::Refusal;
use crate::sim::xml::Xml;

impl Desk<'_> {
    /// The balancer whose target group the request is about.
    fn group(&self) -> Result<Balancer, Refusal> {
        let arn = self.form.get("TargetGroupArn").unwrap_or_default().to_owned();
        let found = self.named(&[arn], |one| self.group_arn(one), "TargetGroupNotFound")?;
        let first = found.first().map(|one| (*one).clone());
        first.ok_or_else(|| Refusal::new("TargetGroupNotFound", "One or more target groups not found"))
    }

    /// `Targets.member.N.Id`.
    fn targets(&self) -> Vec<String> {
        let named = |nth: usize| self.form.get(&format!("Targets.member.{nth}.Id"));
        (1..).map_while(named).map(str::to_owned).collect()
    }

    /// Changes the balancer of the group where it is kept.
    fn change(&self, group: &Balancer, change: impl FnOnce(&mut Balancer)) {
        let mut fleet = self.world.fleet_mut();
        let place = fleet.place_mut(self.call.caller.account, &self.call.region);
        let mut all = place.into_iter().flat_map(|place| &mut place.estate.balancers);
        if let Some(one) = all.find(|one| one.id == group.id) {
            change(one);
        }
    }

    pub fn target_health(&self) -> Result<String, Refusal> {
        let group = self.group()?;
        let now = self.call.now;
        let asked = self.targets();
        let shown = if asked.is_empty() {
            group.members(now)
        } else {
            asked
        };
        let fleet = self.world.fleet();
        let place = fleet.place(self.call.caller.account, &self.call.region);
        let instances = place.map_or(&[][..], |place| &place.instances);
        Ok(self.reply(|x| {
            x.within("TargetHealthDescriptions", |x| {
                for id in &shown {
                    let instance = instances.iter().find(|one| one.id == *id);
                    let (state, why) = group.health(id, instance, now);
                    x.within("member", |x| {
                        x.within("Target", |x| {
                            x.leaf("Id", id).leaf("Port", 8080);
                        });
                        x.leaf("HealthCheckPort", 8080);
                        x.within("TargetHealth", |x| {
                            x.leaf("State", state);
                            if let Some((reason, says)) = why {
                                x.leaf("Reason", reason).leaf("Description", says);
                            }
                        });
                    });
                }
            });
        }))
    }

    pub fn deregister(&self) -> Result<String, Refusal> {
        let (group, leaving) = (self.group()?, self.targets());
        self.known(&leaving)?;
        if let Some(id) = leaving.iter().find(|id| !group.targets.contains(id)) {
            let message = format!("The following targets are not registered: '{id}'");
            return Err(Refusal::new("InvalidTarget", message));
        }
        self.change(&group, |group| {
            group.targets.retain(|id| !leaving.contains(id));
            for id in leaving {
                group.joined.remove(&id);
                group.draining.insert(id, self.call.now);
            }
        });
        Ok(self.reply(|_| {}))
    }

    pub fn register(&self) -> Result<String, Refusal> {
        let (group, coming) = (self.group()?, self.targets());
        self.known(&coming)?;
        self.change(&group, |group| {
            for id in coming {
                group.draining.remove(&id);
                if !group.targets.contains(&id) {
                    group.joined.insert(id.clone(), self.call.now);
                    group.targets.push(id);
                }
            }
        });
        Ok(self.reply(|_| {}))
    }

    /// Whether there is one target at least, and all are instances of the place.
    fn known(&self, targets: &[String]) -> Result<(), Refusal> {
        if targets.is_empty() {
            return Err(invalid("A target must be specified"));
        }
        let fleet = self.world.fleet();
        let place = fleet.place(self.call.caller.account, &self.call.region);
        let instances = place.map_or(&[][..], |place| &place.instances);
        match targets
            .iter()
            .find(|id| !instances.iter().any(|one| one.id == **id))
        {
            Some(gone) => {
                let message =
                    format!("The following targets are not in a valid state or do not exist: '{gone}'");
                Err(Refusal::new("InvalidTarget", message))
            }
            None => Ok(()),
        }
    }

    pub fn attributes(&self) -> Result<String, Refusal> {
        let group = self.group()?;
        Ok(self.reply(|x| write(x, &group)))
    }

    pub fn set_attributes(&self) -> Result<String, Refusal> {
        let mut group = self.group()?;
        let field = |nth: usize, name: &str| self.form.get(&format!("Attributes.member.{nth}.{name}"));
        let given: Vec<(&str, &str)> = (1..)
            .map_while(|nth| Some((field(nth, "Key")?, field(nth, "Value").unwrap_or_default())))
            .collect();
        for (key, value) in given {
            let fits = match key {
                DELAY => value.parse().is_ok_and(|seconds: u32| seconds <= 3600),
                "load_balancing.algorithm.type" => {
                    ["round_robin", "least_outstanding_requests", "weighted_random"].contains(&value)
                }
                _ => group.attributes().iter().any(|(known, _)| *known == key),
            };
            if !fits {
                let message = format!("Target group attribute '{key}' with value '{value}' is not valid");
                return Err(Refusal::new("InvalidConfigurationRequest", message));
            }
            group.attributes.insert(key.to_owned(), value.to_owned());
        }
        self.change(&group, |kept| kept.attributes = group.attributes.clone());
        Ok(self.reply(|x| write(x, &group)))
    }
}

fn write(x: &mut Xml, group: &Balancer) {
    x.within("Attributes", |x| {
        for (key, value) in group.attributes() {
            x.within("member", |x| {
                x.leaf("Key", key).leaf("Value", value);
            });
        }
    });
}
