//! The pages about costs: which values a finding would fill in, which of the steps that exclude each other is left out, and what
//! AWS says afterwards.

use std::time::Duration;

use super::*;

const ACCOUNT: &str = "613489207754";
const HERE: &str = "eu-west-1";
const THERE: &str = "eu-central-1";

struct Turn {
    page: &'static str,
    region: &'static str,
    values: Vec<(&'static str, String)>,
    without: &'static [&'static str],
    /// What to ask AWS afterwards, what is in its answer, or is there no longer.
    look: String,
    shows: String,
    is_there: bool,
}

/// The world as a turn finds it.
struct World<'a>(&'a Rig);

impl World<'_> {
    fn first(&self, ask: &str, element: &str) -> String {
        let text = self.0.aws(ask);
        all(&text, element)
            .into_iter()
            .next()
            .unwrap_or_else(|| panic!("no {element} in {text}"))
    }

    fn machine(&self, name: &str, element: &str) -> String {
        let ask = format!("ec2 describe-instances --filters Name=tag:Name,Values={name}");
        self.first(&ask, element)
    }

    fn id(&self, name: &str) -> String {
        self.machine(name, "instanceId")
    }

    fn json(&self, ask: &str, list: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let answer: Value = serde_json::from_str(&self.0.aws(ask)).unwrap();
        let found = answer[list].as_array().unwrap().iter().find(|one| fits(one));
        found.cloned().unwrap_or_else(|| panic!("{answer}"))
    }

    /// A snapshot that nobody began an image with, by what is said of it.
    fn orphan(&self, says: &str) -> String {
        let text = self.0.aws("ec2 describe-snapshots --owner-ids self");
        let nth = all(&text, "description").iter().position(|one| one == says);
        all(&text, "snapshotId").remove(nth.unwrap())
    }
}

fn turn(page: &'static str, values: &[(&'static str, &str)], look: &str, shows: &str) -> Turn {
    Turn {
        page,
        region: HERE,
        values: values
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect(),
        without: &[],
        look: look.to_owned(),
        shows: shows.to_owned(),
        is_there: true,
    }
}

impl Turn {
    fn without(self, without: &'static [&'static str]) -> Turn {
        Turn { without, ..self }
    }

    fn gone(self) -> Turn {
        Turn {
            is_there: false,
            ..self
        }
    }
}

/// Machines: another size, another chip, off, away.
fn machines(world: &World<'_>) -> Vec<Turn> {
    let [web, second, crawler, old] = ["web-01", "web-02", "crawler", "old-wiki"].map(|name| world.id(name));
    let see = |id: &str| format!("ec2 describe-instances --instance-ids {id}");
    let sized = |page, id: &str, from: &str, to: &str| {
        let values = [("instance_id", id), ("instance_type", from), ("new_type", to)];
        turn(page, &values, &see(id), &format!("<instanceType>{to}<"))
    };
    let arm = "ec2 describe-images --owners amazon --filters Name=architecture,Values=arm64";
    let arm = world.first(arm, "imageId");
    let subnet = world.machine("web-01", "subnetId");
    let graviton = [
        ("instance_id", web.as_str()),
        ("new_type", "m7g.large"),
        ("arm_image_id", &arm),
        ("subnet_id", &subnet),
    ];
    let hours = [
        ("instance_id", crawler.as_str()),
        ("scheduler_role", "office-hours"),
        ("timezone", "Europe/Berlin"),
    ];
    let spot = [
        ("instance_id", crawler.as_str()),
        ("new_type", "c5.xlarge"),
        ("group", "crawlers"),
    ];
    vec![
        sized("current-generation", &web, "m5.large", "m6i.large"),
        sized("one-size-down", &crawler, "c5.xlarge", "c5.large"),
        sized("recommended-size", &second, "m5.large", "t3.large"),
        turn(
            "graviton",
            &graviton,
            "ec2 describe-instances",
            "<instanceType>m7g.large<",
        ),
        turn(
            "idle-instance",
            &[("instance_id", &crawler)],
            &see(&crawler),
            "<name>stopp",
        ),
        turn(
            "unvisited-instance",
            &[("instance_id", &crawler)],
            &see(&crawler),
            "<name>stopp",
        ),
        turn(
            "stopped-instance",
            &[("instance_id", &old)],
            &see(&old),
            "<name>terminated<",
        ),
        turn(
            "off-hours",
            &hours,
            "scheduler list-schedules",
            &format!("\"start-{crawler}\""),
        ),
        turn(
            "spot",
            &spot,
            "autoscaling describe-auto-scaling-groups",
            "<OnDemandPercentageAboveBaseCapacity>0<",
        ),
    ]
}

/// Disks, their snapshots, and addresses.
fn storage(world: &World<'_>) -> Vec<Turn> {
    let loose = "ec2 describe-volumes --filters Name=status,Values=available";
    let loose = world.first(loose, "volumeId");
    let (kept, gone) = (
        world.orphan("before the migration"),
        world.orphan("do not delete"),
    );
    let snapshots = "ec2 describe-snapshots --owner-ids self";
    let addresses = rig_addresses(world);
    let free = addresses
        .iter()
        .find(|one| !one.contains("<instanceId>"))
        .unwrap();
    let own = addresses
        .iter()
        .find(|one| one.contains("<associationId>"))
        .unwrap();
    let (free, own) = (
        all(free, "allocationId").remove(0),
        all(own, "associationId").remove(0),
    );
    let public = |name: &str, association: &str| {
        let [id, subnet, interface] =
            ["instanceId", "subnetId", "networkInterfaceId"].map(|element| world.machine(name, element));
        let values = [
            ("instance_id", id.as_str()),
            ("subnet_id", &subnet),
            ("network_interface_id", &interface),
            ("association_id", association),
        ];
        let see = format!("ec2 describe-instances --instance-ids {id}");
        turn("public-address", &values, &see, "<ipAddress>").gone()
    };
    vec![
        turn(
            "gp2-to-gp3",
            &[("volume_id", &loose)],
            &format!("ec2 describe-volumes --volume-ids {loose}"),
            "<volumeType>gp3<",
        ),
        turn(
            "unattached-volume",
            &[("volume_id", &loose)],
            "ec2 describe-volumes",
            &loose,
        )
        .gone(),
        turn(
            "orphan-snapshot",
            &[("snapshot_id", &kept)],
            &format!("ec2 describe-snapshots --snapshot-ids {kept}"),
            "<storageTier>archive<",
        )
        .without(&["delete"]),
        turn("orphan-snapshot", &[("snapshot_id", &gone)], snapshots, &gone)
            .without(&["archive"])
            .gone(),
        turn(
            "unused-address",
            &[("allocation_id", &free)],
            "ec2 describe-addresses",
            &free,
        )
        .gone(),
        public("web-01", &own).without(&["off"]),
        public("web-02", "eipassoc-none").without(&["elastic"]),
    ]
}

/// Each address of the account.
fn rig_addresses(world: &World<'_>) -> Vec<String> {
    let text = world.0.aws("ec2 describe-addresses");
    let rows = text.split("<publicIp>").skip(1);
    rows.map(str::to_owned).collect()
}

/// Networks, logs and what is bought for a year.
fn network(world: &World<'_>) -> Vec<Turn> {
    let nat = world.first("ec2 describe-nat-gateways", "natGatewayId");
    let interface = "ec2 describe-vpc-endpoints --filters Name=vpc-endpoint-type,Values=Interface";
    let endpoint = world.first(interface, "vpcEndpointId");
    let balancers = all(&world.0.aws("elbv2 describe-load-balancers"), "LoadBalancerArn");
    let balancer = balancers.iter().find(|arn| arn.contains("/legacy-api/")).unwrap();
    let vpc = world.machine("checkout", "vpcId");
    let tables = format!("ec2 describe-route-tables --region {THERE}");
    let (table, far) = (
        world.first(&tables, "routeTableId"),
        world.first(&tables, "vpcId"),
    );
    let group = world.json("logs describe-log-groups", "logGroups", |_| true);
    let group = group["logGroupName"].as_str().unwrap();
    let offers = "savingsplans describe-savings-plans-offerings --plan-types Compute --durations 31536000";
    let offer = world.json(offers, "searchResults", |one| {
        one["paymentOption"] == "No Upfront"
    });
    let bucket = format!("run-output-{ACCOUNT}");
    let gateway = |id: &str, look: &str, shows: &str| turn("idle-gateway", &[("gateway", id)], look, shows);
    vec![
        gateway(
            &nat,
            &format!("ec2 describe-nat-gateways --filters Name=nat-gateway-id,Values={nat}"),
            "<state>deleted<",
        )
        .without(&["delete-endpoint", "delete-balancer"]),
        gateway(&endpoint, "ec2 describe-vpc-endpoints", &endpoint)
            .without(&["delete-nat", "delete-balancer"])
            .gone(),
        gateway(balancer, "elbv2 describe-load-balancers", balancer)
            .without(&["delete-nat", "delete-endpoint"])
            .gone(),
        Turn {
            region: THERE,
            ..turn(
                "nat-hot-spot",
                &[("vpc_id", &far), ("route_table_id", &table)],
                &format!("ec2 describe-vpc-endpoints --region {THERE}"),
                &table,
            )
        },
        turn(
            "transfer-hot-spot",
            &[
                ("usage_type", "EU-DataTransfer-Regional-Bytes"),
                ("vpc_id", &vpc),
                ("bucket", &bucket),
            ],
            "ec2 describe-flow-logs",
            &format!("<resourceId>{vpc}<"),
        ),
        turn(
            "endless-logs",
            &[("log_group", group), ("days", "90"), ("bucket", &bucket)],
            &format!("logs describe-log-groups --log-group-name-prefix {group}"),
            "\"retentionInDays\":90",
        ),
        turn(
            "savings-plan",
            &[
                ("offering_id", offer["offeringId"].as_str().unwrap()),
                ("hourly_commitment", "0.05"),
            ],
            "savingsplans describe-savings-plans",
            "\"commitment\":\"0.05\"",
        ),
    ]
}

fn turns(rig: &Rig) -> Vec<Turn> {
    let world = World(rig);
    [machines(&world), storage(&world), network(&world)]
        .into_iter()
        .flatten()
        .collect()
}

#[test]
fn every_page_about_costs_has_its_turn() {
    let of = |turn: &Turn| format!("costs/{}.md", turn.page);
    let turns: Vec<String> = turns(&Rig::start()).iter().map(of).collect();
    let names = builtin::ALL.iter().map(|(name, _)| *name);
    let pages: Vec<&str> = names.filter(|name| name.starts_with("costs/")).collect();
    assert_eq!(pages.len(), 19);
    for page in pages {
        assert!(turns.iter().any(|name| name == page), "{page}");
    }
}

#[test]
fn every_page_about_costs_is_carried_out_and_seen_afterwards() {
    let count = turns(&Rig::start()).len();
    let rest = Mutex::new((0..count).collect::<Vec<_>>());
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(nth) = { rest.lock().unwrap().pop() } {
                    let rig = Rig::start();
                    let turn = turns(&rig).remove(nth);
                    if let Err(why) = take(&rig, &turn) {
                        wrong
                            .lock()
                            .unwrap()
                            .push(format!("{} {:?}: {why}", turn.page, turn.without));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn take(rig: &Rig, turn: &Turn) -> Result<(), String> {
    let home = Home::new();
    let page = format!("costs/{}.md", turn.page);
    let mut given = Vec::new();
    let place = [("account", ACCOUNT), ("region", turn.region)];
    let own = turn.values.iter().map(|(name, value)| (*name, value.as_str()));
    let plan = plan(&page);
    for (name, value) in place.into_iter().chain(own) {
        if plan.accepts(name, value).is_ok() {
            given.extend(["--set".to_owned(), format!("{name}={value}")]);
        }
    }
    let mut args: Vec<String> = ["runbooks", "run", &page].map(str::to_owned).into();
    args.extend(given.iter().cloned());
    // Buying for a year takes a second person's word, from a device of their own.
    if turn.page == "savings-plan" {
        let words = ["runbooks", "approve", &page, "buy"].map(str::to_owned);
        let words: Vec<&str> = words.iter().chain(&given).map(String::as_str).collect();
        let approved = rig.sim.qd(&Home::new(), &words).output().unwrap();
        let word = home.path().join("word");
        std::fs::write(&word, &approved.stdout).unwrap();
        // The configuration knows whose device that is.
        let key: Value = serde_json::from_slice(&approved.stdout).unwrap();
        let config = home.path().join("config/quarterdeck/config.toml");
        std::fs::create_dir_all(config.parent().unwrap()).unwrap();
        let text = format!(
            "[runbooks]\napprovers = [\"mara {}\"]\n",
            key["key"].as_str().unwrap()
        );
        std::fs::write(&config, text).unwrap();
        args.extend(["--approval".to_owned(), word.display().to_string()]);
    }
    play(rig, &home, &page, &args, turn.without)?;
    let mut seen = String::new();
    for _ in 0..15 {
        seen = rig.aws(&turn.look);
        if seen.contains(&turn.shows) == turn.is_there {
            return Ok(());
        }
        std::thread::sleep(Duration::from_secs(1));
    }
    Err(format!("the world is as it was: {} in {seen}", turn.shows))
}
