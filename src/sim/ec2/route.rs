//! DescribeRouteTables: each subnet has a table of its own. Machines with public addresses go out by the internet gateway, the
//! others by NAT where there is one; a gateway endpoint has its prefix list in the tables that it was made for.

use jiff::Timestamp;

use super::{Kind, list};
use crate::sim::call::Call;
use crate::sim::dice::Dice;
use crate::sim::fleet::Place;
use crate::sim::form::Form;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;
use crate::sim::xml::Xml;

const TABLES: Kind = Kind {
    set: "routeTableSet",
    ids: "RouteTableId",
    not_found: "InvalidRouteTableID.NotFound",
    filters: &[
        "association.subnet-id",
        "route-table-id",
        "route.destination-cidr-block",
        "route.gateway-id",
        "route.nat-gateway-id",
        "vpc-id",
    ],
    paged: true,
};

/// Where a route leads.
enum Way {
    /// `local`, `igw-…` or `vpce-…`.
    Gateway(String),
    /// A NAT gateway, and whether it is still there.
    Nat(String, bool),
}

struct Route {
    /// A block of addresses, or the id of a prefix list.
    to: String,
    way: Way,
}

pub struct Table {
    pub id: String,
    pub vpc: String,
    subnet: String,
    routes: Vec<Route>,
}

/// The tables of a place.
pub fn tables(place: &Place, now: Timestamp) -> Vec<Table> {
    let mut found: Vec<Table> = Vec::new();
    for one in &place.instances {
        if found.iter().any(|table| table.subnet == one.subnet_id) {
            continue;
        }
        let id = one.subnet_id.replacen("subnet-", "rtb-", 1);
        let is_public = place
            .instances
            .iter()
            .any(|other| other.subnet_id == one.subnet_id && other.public_ip.is_some());
        let mut address = one.private_ip.split('.');
        let network = [address.next(), address.next()].map(Option::unwrap_or_default);
        let mut routes = vec![Route {
            to: format!("{}.0.0/16", network.join(".")),
            way: Way::Gateway("local".to_owned()),
        }];
        let nats = place.estate.nats.iter().filter(|nat| nat.vpc == one.vpc_id);
        // A new gateway takes over from one that is gone.
        let alive = nats.clone().rfind(|nat| nat.deleted_at.is_none());
        let nat = alive.or_else(|| nats.clone().next_back()).filter(|_| !is_public);
        let way = match nat {
            Some(nat) => Way::Nat(nat.id.clone(), nat.state(now) == "available"),
            None => Way::Gateway(one.vpc_id.replacen("vpc-", "igw-", 1)),
        };
        routes.push(Route {
            to: "0.0.0.0/0".to_owned(),
            way,
        });
        let gateways = place.estate.endpoints.iter().filter(|one| one.is_gateway);
        for endpoint in gateways.filter(|endpoint| endpoint.vpc == one.vpc_id) {
            let is_in = endpoint.tables.as_ref().is_none_or(|tables| tables.contains(&id));
            if is_in {
                routes.push(Route {
                    to: format!("pl-{}", Dice::new(0, &endpoint.service).hex(8)),
                    way: Way::Gateway(endpoint.id.clone()),
                });
            }
        }
        found.push(Table {
            id,
            vpc: one.vpc_id.clone(),
            subnet: one.subnet_id.clone(),
            routes,
        });
    }
    found
}

pub fn describe(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let all = {
        let fleet = world.fleet();
        let place = fleet.place(call.caller.account, &call.region);
        place.map(|place| tables(place, call.now)).unwrap_or_default()
    };
    let owner = &call.caller.account_id;
    let id = |table: &Table| table.id.clone();
    list(world, call, form, &TABLES, all, (id, facts), |x, table| {
        write(x, table, owner);
    })
}

fn facts(table: &Table, name: &str) -> Vec<String> {
    let ways = table.routes.iter().map(|route| &route.way);
    match name {
        "association.subnet-id" => vec![table.subnet.clone()],
        "route-table-id" => vec![table.id.clone()],
        "route.destination-cidr-block" => table.routes.iter().map(|route| route.to.clone()).collect(),
        "route.gateway-id" => ways
            .filter_map(|way| match way {
                Way::Gateway(id) => Some(id.clone()),
                Way::Nat(..) => None,
            })
            .collect(),
        "route.nat-gateway-id" => ways
            .filter_map(|way| match way {
                Way::Nat(id, _) => Some(id.clone()),
                Way::Gateway(_) => None,
            })
            .collect(),
        _ => vec![table.vpc.clone()],
    }
}

fn write(x: &mut Xml, table: &Table, owner: &str) {
    x.leaf("routeTableId", &table.id)
        .leaf("vpcId", &table.vpc)
        .leaf("ownerId", owner);
    x.within("routeSet", |x| {
        for route in &table.routes {
            x.within("item", |x| {
                let is_list = route.to.starts_with("pl-");
                x.leaf(
                    if is_list {
                        "destinationPrefixListId"
                    } else {
                        "destinationCidrBlock"
                    },
                    &route.to,
                );
                let (is_there, is_local) = match &route.way {
                    Way::Gateway(id) => {
                        x.leaf("gatewayId", id);
                        (true, id == "local")
                    }
                    Way::Nat(id, is_there) => {
                        x.leaf("natGatewayId", id);
                        (*is_there, false)
                    }
                };
                x.leaf("state", if is_there { "active" } else { "blackhole" });
                x.leaf(
                    "origin",
                    if is_local {
                        "CreateRouteTable"
                    } else {
                        "CreateRoute"
                    },
                );
            });
        }
    });
    x.within("associationSet", |x| {
        x.within("item", |x| {
            x.leaf(
                "routeTableAssociationId",
                table.id.replacen("rtb-", "rtbassoc-", 1),
            )
            .leaf("routeTableId", &table.id)
            .leaf("subnetId", &table.subnet)
            .leaf("main", false);
            x.within("associationState", |x| {
                x.leaf("state", "associated");
            });
        });
    });
    x.within("tagSet", |_| {});
}
