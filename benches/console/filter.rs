//! The filter language alone: each key of a few filters over 20,000 nodes, parsed and matched anew.

use crate::figure::Spans;
use quarterdeck::aws::{Instance, Place};
use quarterdeck::fleet::{Filter, Node};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

const NODES: usize = 20_000;
const BAR: Duration = Duration::from_millis(16);
const TYPED: [&str; 6] = [
    "pay",
    "tag.team:pay state:running",
    "-tag.env:prod web",
    "region:eu-* type:m5.*",
    "/^ledger-[0-9]+/ or /[05]$/",
    "nothing-has-this-name",
];

pub fn measure() {
    let nodes: Vec<Node> = (0..NODES).map(node).collect();
    for text in TYPED {
        let mut spans = Vec::new();
        for _ in 0..20 {
            for end in 1..=text.len() {
                let started = Instant::now();
                // Half a filter may be none; the console then keeps the last one.
                let Ok(filter) = Filter::parse(&text[..end]) else {
                    continue;
                };
                black_box(nodes.iter().filter(|node| filter.matches(node)).count());
                spans.push(started.elapsed());
            }
        }
        Spans::new(spans).print(&format!("filter of 20,000: {text}"), BAR);
    }
}

fn node(n: usize) -> Node {
    let (team, env) = (
        ["pay", "search", "ledger", "web"][n % 4],
        ["prod", "stage", "dev"][n % 3],
    );
    let region = ["eu-central-1", "us-east-1", "ap-south-1"][n / 7 % 3];
    let tags = [
        ("Name", format!("{team}-{n}")),
        ("team", team.to_owned()),
        ("env", env.to_owned()),
    ];
    let instance = Instance {
        id: format!("i-{n:017x}"),
        state: "running".into(),
        instance_type: ["m5.large", "c7g.xlarge"][n % 2].into(),
        tags: tags
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect::<BTreeMap<_, _>>(),
        ..Instance::default()
    };
    Node::from_instance(
        instance,
        &Place {
            profile: "ops".into(),
            region: region.into(),
        },
        "111122223333",
    )
}
