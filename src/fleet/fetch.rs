//! All places at once, page by page: EC2's rows go out before the agents are known and again, by the
//! same id, when they are. Dropping the stream cancels every call that is still under way.

use std::collections::HashMap;
use std::pin::pin;

use futures_util::stream::{self, Stream, StreamExt};
use tokio::sync::mpsc;

use super::{Id, Kind, Node};
use crate::aws::{Cloud, Failure, Instance, ManagedNode, Place, everywhere};

/// What arrives while the fleet is read.
#[derive(Clone, Debug, PartialEq)]
pub enum Batch {
    /// New rows, and known ones with more in them: the later one counts.
    Rows(Vec<Node>),
    Failed(Failure),
    /// A place has said all it will; `complete` when EC2 and Systems Manager both answered in full.
    Done {
        place: Place,
        account: String,
        complete: bool,
    },
}

/// Reads the fleet. Needs a tokio runtime.
pub fn fetch(cloud: &Cloud) -> impl Stream<Item = Batch> + Send + Unpin + use<> {
    let reading = cloud.clone();
    everywhere(cloud, Batch::Failed, move |place, sender| {
        let reader = Reader {
            cloud: reading.clone(),
            place,
            account: None,
            sender,
        };
        reader.read()
    })
}

/// Reads one place.
struct Reader {
    cloud: Cloud,
    place: Place,
    account: Option<String>,
    sender: mpsc::Sender<Batch>,
}

enum Page {
    Account(Result<String, Failure>),
    Instances(Result<Vec<Instance>, Failure>),
    Managed(Result<Vec<ManagedNode>, Failure>),
    /// The end of the list of instances, and of the list of managed nodes.
    InstancesEnd,
    ManagedEnd,
}

impl Reader {
    async fn read(mut self) {
        let (cloud, place) = (self.cloud.clone(), self.place.clone());
        let identity = stream::once(async {
            Page::Account(cloud.identity_at(&place).await.map(|identity| identity.account))
        });
        let instances = cloud.fetch_instances(&place).await.map(Page::Instances);
        let managed = cloud.fetch_managed_nodes(&place).await.map(Page::Managed);
        let mut pages = pin!(stream::select(
            identity,
            stream::select(
                instances.chain(stream::iter([Page::InstancesEnd])),
                managed.chain(stream::iter([Page::ManagedEnd])),
            ),
        ));

        let mut join = Join::default();
        let (mut ec2_ok, mut ssm_ok, mut open) = (true, true, 3);
        while let Some(page) = pages.next().await {
            match page {
                Page::Account(answer) => {
                    open -= 1;
                    match answer {
                        Ok(account) => self.account = Some(account),
                        Err(failure) => self.fail(failure).await,
                    }
                }
                Page::Instances(Ok(page)) => {
                    if self.account.is_none() {
                        self.account = page.iter().find_map(|instance| instance.account.clone());
                    }
                    let rows = page
                        .into_iter()
                        .map(|i| Node::from_instance(i, &place, self.account()));
                    let rows = join.instances(rows.collect());
                    self.rows(rows).await;
                }
                Page::Managed(Ok(page)) => {
                    let rows = join.managed(page);
                    self.rows(rows).await;
                }
                Page::Instances(Err(failure)) => {
                    ec2_ok = false;
                    self.fail(failure).await;
                }
                Page::Managed(Err(failure)) => {
                    ssm_ok = false;
                    self.fail(failure).await;
                }
                Page::InstancesEnd | Page::ManagedEnd => open -= 1,
            }
            if open == 0 {
                break;
            }
        }
        let rows = join.finish(&place, self.account(), ec2_ok, ssm_ok);
        self.rows(rows).await;
        let account = self.account().to_owned();
        let _ = self
            .sender
            .send(Batch::Done {
                place: self.place.clone(),
                account,
                complete: ec2_ok && ssm_ok,
            })
            .await;
    }

    fn account(&self) -> &str {
        self.account.as_deref().unwrap_or(&self.place.profile)
    }

    async fn rows(&self, rows: Vec<Node>) {
        if !rows.is_empty() {
            let _ = self.sender.send(Batch::Rows(rows)).await;
        }
    }

    async fn fail(&self, mut failure: Failure) {
        if let Some(account) = &self.account {
            failure.account.clone_from(account);
        }
        let _ = self.sender.send(Batch::Failed(failure)).await;
    }
}

/// EC2's list and Systems Manager's list of one place, in whatever order their pages come.
#[derive(Default)]
struct Join {
    nodes: HashMap<Id, Node>,
    agents: HashMap<Id, ManagedNode>,
}

impl Join {
    fn instances(&mut self, mut page: Vec<Node>) -> Vec<Node> {
        for node in &mut page {
            if let Some(agent) = self.agents.remove(&node.id) {
                node.join(&agent);
            } else {
                self.nodes.insert(node.id.clone(), node.clone());
            }
        }
        page
    }

    fn managed(&mut self, page: Vec<ManagedNode>) -> Vec<Node> {
        let mut rows = Vec::new();
        for agent in page {
            let id = Id(agent.id.clone());
            if let Some(mut node) = self.nodes.remove(&id) {
                node.join(&agent);
                rows.push(node);
            } else {
                self.agents.insert(id, agent);
            }
        }
        rows
    }

    /// What neither list said before it ended: instances without an agent and machines outside EC2.
    /// Systems Manager remembers instances long after EC2 forgot them; those are rows only if EC2 is silent.
    fn finish(self, place: &Place, account: &str, ec2_ok: bool, ssm_ok: bool) -> Vec<Node> {
        let mut rows: Vec<Node> = self
            .agents
            .values()
            .map(|agent| Node::from_managed(agent, place, account))
            .filter(|node| node.kind == Kind::Managed || !ec2_ok)
            .collect();
        if ssm_ok {
            rows.extend(self.nodes.into_values().map(|mut node| {
                node.agent_known = true;
                node
            }));
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        Place {
            profile: "prod".into(),
            region: "eu-west-1".into(),
        }
    }

    fn ec2(id: &str) -> Node {
        Node::from_instance(
            Instance {
                id: id.into(),
                ..Instance::default()
            },
            &place(),
            "1",
        )
    }

    fn agent(id: &str) -> ManagedNode {
        ManagedNode {
            id: id.into(),
            ping: "Online".into(),
            ..ManagedNode::default()
        }
    }

    #[test]
    fn an_instance_is_joined_whichever_list_comes_first() {
        let mut join = Join::default();
        assert!(!join.instances(vec![ec2("i-1")])[0].is_online());
        assert!(join.managed(vec![agent("i-1"), agent("i-2")])[0].is_online());
        assert!(join.instances(vec![ec2("i-2")])[0].is_online());
        assert!(join.finish(&place(), "1", true, true).is_empty());
    }

    #[test]
    fn an_instance_without_agent_is_known_to_have_none_only_when_systems_manager_answered() {
        let finish = |ssm_ok| {
            let mut join = Join::default();
            join.instances(vec![ec2("i-1")]);
            join.finish(&place(), "1", true, ssm_ok)
        };
        assert!(finish(true)[0].agent_known && finish(true)[0].ping.is_none());
        assert!(finish(false).is_empty());
    }

    #[test]
    fn hybrid_nodes_are_rows_and_forgotten_instances_are_not() {
        let finish = |ec2_ok| {
            let mut join = Join::default();
            join.managed(vec![agent("mi-1"), agent("i-gone")]);
            join.finish(&place(), "1", ec2_ok, true).len()
        };
        assert_eq!((finish(true), finish(false)), (1, 2));
    }
}
