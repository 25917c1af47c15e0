//! DescribeRegions. An opt-in region is there for an account that has machines in it.

use super::{filter, invalid, reply};
use crate::sim::call::Call;
use crate::sim::fleet::REGIONS;
use crate::sim::form::Form;
use crate::sim::refusal::Refusal;
use crate::sim::wildcard;
use crate::sim::world::World;

pub fn describe(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let names = form.list("RegionName");
    if let Some(name) = names
        .iter()
        .find(|name| !REGIONS.iter().any(|(known, ..)| known == name))
    {
        return Err(invalid(format!("Invalid region provided: [{name}]")));
    }
    let filters = form.filters();
    filter::check(&filters, &["region-name", "opt-in-status", "endpoint"])?;
    let all = form.get("AllRegions") == Some("true");
    let used = world
        .accounts
        .get(call.caller.account)
        .map_or(&[][..], |account| &account.regions);
    Ok(reply(call, |x| {
        x.within("regionInfo", |x| {
            for (name, _, opt_in) in REGIONS {
                let status = match (opt_in, used.iter().any(|region| region == name)) {
                    (false, _) => "opt-in-not-required",
                    (true, true) => "opted-in",
                    (true, false) => "not-opted-in",
                };
                let endpoint = format!("ec2.{name}.amazonaws.com");
                let wanted = (all || status != "not-opted-in")
                    && (names.is_empty() || names.iter().any(|wanted| wanted == name))
                    && filters.iter().all(|filter| {
                        let fact = match filter.name.as_str() {
                            "region-name" => name,
                            "opt-in-status" => status,
                            _ => endpoint.as_str(),
                        };
                        filter
                            .values
                            .iter()
                            .any(|pattern| wildcard::matches(pattern, fact))
                    });
                if wanted {
                    x.within("item", |x| {
                        x.leaf("regionName", name)
                            .leaf("regionEndpoint", &endpoint)
                            .leaf("optInStatus", status);
                    });
                }
            }
        });
    }))
}
