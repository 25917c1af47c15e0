//! What to do about costs, for the board: the rules over the fleet that is known and the rates of the bill on this
//! machine, less what was put off or taken on. Nothing is paid for it.

use std::sync::Arc;

use jiff::Timestamp;

use super::books::Books;
use super::node::rates;
use crate::app::{Msg, Notice, Weight};
use crate::cost::advice::{
    Book, Decision, Instance, Inventory, Place, Purchase, Rates, State, Taste, findings,
};
use crate::cost::today;
use crate::fleet::{Node, Policy};
use crate::runtime::inbox::Outbox;

const TEAM: &str = "team";

pub async fn moves(books: Arc<Books>, nodes: Vec<Node>, out: Outbox) {
    let (rates, policy) = match (rates(&books).await, Policy::of(&books.config)) {
        (Ok((rates, _)), Ok(policy)) => (rates, policy),
        (Err(stop), _) => return super::tell(stop, &out),
        (_, Err(bad)) => return out.send(Msg::Noticed(Notice::new(Weight::Bad, bad.to_string()))),
    };
    let of_ec2 = nodes
        .iter()
        .filter(|node| node.instance_type.is_some() && !node.is_terminated());
    let instances = of_ec2.map(|node| instance(node, policy.is_production(node), &rates));
    let inventory = Inventory {
        instances: instances.collect(),
        ..Inventory::default()
    };
    let all = findings(&inventory, &rates, &Taste::default());
    match Book::load(&books.paths.data_dir) {
        Ok(book) => out.send(Msg::MovesFound(Box::new(
            book.board(all, today(Timestamp::now())),
        ))),
        Err(cause) => out.send(Msg::Noticed(
            Notice::new(Weight::Bad, cause.to_string())
                .hint("move costs/decisions.json of the data directory away"),
        )),
    }
}

pub fn decide(data_dir: &std::path::Path, id: String, decision: Decision, out: &Outbox) {
    let says = match &decision {
        Decision::Accepted(_) => format!("taken on: {id}; `qd costs moves ledger` books what it saves"),
        Decision::Snoozed { until, .. } => format!("put off until {until}: {id}"),
    };
    let kept = Book::change(data_dir, |book| {
        book.decisions.insert(id, decision);
    });
    out.send(Msg::Noticed(match kept {
        Ok(()) => Notice::new(Weight::Good, says),
        Err(cause) => Notice::new(Weight::Bad, cause.to_string()),
    }));
}

fn instance(node: &Node, production: bool, rates: &Rates) -> Instance {
    let place = Place {
        account: node.account.clone(),
        region: node.region.clone(),
    };
    let instance_type = node.instance_type.clone().unwrap_or_default();
    Instance {
        id: node.id.0.clone(),
        name: Some(node.name.clone()).filter(|name| !name.is_empty()),
        team: node.tags.get(TEAM).cloned(),
        state: match node.state.as_deref() {
            Some("running") => State::Running,
            Some("stopped") => State::Stopped,
            _ => State::Other,
        },
        state_for_days: None,
        production,
        linux: !node.platform.to_lowercase().contains("windows"),
        in_scaling_group: node.tags.contains_key("aws:autoscaling:groupName"),
        purchase: Purchase::OnDemand,
        public_ip: node.public_ip.is_some(),
        online: node.is_online(),
        hourly: rates.of_instance(&place, &instance_type),
        covered: 0.0,
        cpu_max: None,
        cpu_p95: None,
        memory_known: false,
        network_max: None,
        visited_before_days: None,
        records_for_days: 0,
        instance_type,
        place,
    }
}
