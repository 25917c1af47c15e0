//! Tunnels as rows: those that the configuration names, and those added here. The tunnels themselves live in the hub;
//! here is how each stood when it was last heard of.

mod detail;
mod start;
#[cfg(test)]
mod tests;
mod update;
mod view;

use crate::app::{TunnelId, TunnelMove};
use crate::config;
use crate::fleet::Node;
use crate::forward::{Bad, Local, Rate, Seen, Spec, State};
use crate::ui::Role;
use crate::ui::cursor::Ids;
use crate::ui::table;

pub use start::{add, container_found, explained, fleet_answered, label, of_node, typed};
pub use update::{click, moved, perform, refused, step};
pub use view::view;

/// A row; never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RowId(u64);

/// How a row stands.
#[derive(Debug, Clone)]
pub enum Stand {
    Stopped,
    /// Its target is looked for when every region has answered.
    Awaited,
    /// AWS is asked for the container that it leads to.
    Sought,
    /// Asked for; nothing heard of it yet.
    Binding(TunnelId),
    Up(Box<TunnelMove>),
    /// Told to stop; its sessions are being ended.
    Stopping(TunnelId),
    /// Not begun, or ended by itself: in a word or two; the cause is the row's trouble.
    Failed(&'static str),
}

#[derive(Debug, Clone)]
pub struct Row {
    pub id: RowId,
    pub name: String,
    /// As on the command line.
    pub target: String,
    /// The name of the node that the target was found to be.
    pub machine: Option<String>,
    pub spec: Result<Spec, Bad>,
    pub bind: Vec<String>,
    pub sessions: usize,
    pub lazy: bool,
    pub reason: String,
    /// Of the configuration; others can be taken off the list.
    pub named: bool,
    /// What was found for it and is not used yet, where its target is a container.
    pub container: Option<Box<Node>>,
    pub stand: Stand,
    /// The last thing that went wrong, and what to do about it.
    pub trouble: Option<(String, String)>,
}

impl Row {
    /// Begun and not yet ended.
    pub fn is_open(&self) -> bool {
        matches!(self.stand, Stand::Binding(_) | Stand::Up(_) | Stand::Stopping(_))
    }

    pub fn connections(&self) -> &[Seen] {
        self.live().map_or(&[], |live| &live.now.connections)
    }

    /// What a client is given: the first address that it listens on, else the one that it will.
    pub fn address(&self) -> Option<String> {
        if let Some(live) = self.live() {
            return live.listening.first().cloned();
        }
        match &self.spec.as_ref().ok()?.local {
            Local::Unix(path) => Some(path.display().to_string()),
            Local::Tcp { port: 0, .. } => None,
            Local::Tcp { bind, port } => {
                let host = bind
                    .as_ref()
                    .or(self.bind.first())
                    .map_or("127.0.0.1", String::as_str);
                let is_v6 = host.contains(':') && !host.starts_with('[');
                Some(if is_v6 {
                    format!("[{host}]:{port}")
                } else {
                    format!("{host}:{port}")
                })
            }
        }
    }

    fn live(&self) -> Option<&TunnelMove> {
        match &self.stand {
            Stand::Up(live) => Some(live),
            _ => None,
        }
    }

    fn tunnel(&self) -> Option<TunnelId> {
        match &self.stand {
            Stand::Binding(id) | Stand::Stopping(id) => Some(*id),
            Stand::Up(live) => Some(live.tunnel),
            _ => None,
        }
    }

    fn is_stalled(&self) -> bool {
        self.live()
            .is_some_and(|live| matches!(live.status.state, State::Stalled { .. }))
    }
}

#[derive(Debug)]
pub struct Forwards {
    rows: Vec<Row>,
    pub table: table::State<RowId>,
    pub detail: bool,
    last_row: u64,
    last_tunnel: u64,
}

impl Forwards {
    /// A stopped row for each tunnel that the configuration names.
    pub fn of(named: &[config::Forward]) -> Self {
        let mut forwards = Self {
            rows: Vec::new(),
            table: table::State::default(),
            detail: true,
            last_row: 0,
            last_tunnel: 0,
        };
        for forward in named {
            for text in &forward.specs {
                let spec = text.parse::<Spec>();
                let name = match &spec {
                    Ok(spec) if forward.specs.len() > 1 => format!("{} {}", forward.name, spec.remote),
                    _ => forward.name.clone(),
                };
                let trouble = spec.as_ref().err();
                let trouble = trouble.map(|bad| (bad.to_string(), Bad::HINT.to_owned()));
                let stand = if trouble.is_some() {
                    Stand::Failed("no forwarding")
                } else {
                    Stand::Stopped
                };
                forwards.put(|id| Row {
                    id,
                    name,
                    target: forward.target.clone(),
                    machine: None,
                    spec,
                    bind: forward.bind.clone(),
                    sessions: forward.sessions,
                    lazy: forward.lazy,
                    reason: forward.reason.clone(),
                    named: true,
                    container: None,
                    stand,
                    trouble,
                });
            }
        }
        forwards
    }

    fn put(&mut self, row: impl FnOnce(RowId) -> Row) -> RowId {
        self.last_row += 1;
        let id = RowId(self.last_row);
        self.rows.push(row(id));
        id
    }

    fn next_tunnel(&mut self) -> TunnelId {
        self.last_tunnel += 1;
        TunnelId(self.last_tunnel)
    }

    pub fn selected(&self) -> Option<&Row> {
        self.table.cursor.index(self).and_then(|at| self.rows.get(at))
    }

    fn row(&self, id: RowId) -> Option<&Row> {
        self.rows.iter().find(|row| row.id == id)
    }

    fn row_mut(&mut self, id: RowId) -> Option<&mut Row> {
        self.rows.iter_mut().find(|row| row.id == id)
    }

    fn of_tunnel(&mut self, tunnel: TunnelId) -> Option<&mut Row> {
        self.rows.iter_mut().find(|row| row.tunnel() == Some(tunnel))
    }

    /// Tunnels that leaving would end.
    pub fn open(&self) -> usize {
        self.rows.iter().filter(|row| row.is_open()).count()
    }

    pub fn connections(&self) -> usize {
        self.rows.iter().map(|row| row.connections().len()).sum()
    }

    /// Of all tunnels together.
    fn rate(&self) -> Rate {
        let rates = self.rows.iter().filter_map(Row::live).map(|live| live.rate);
        rates.fold(Rate::default(), |sum, rate| Rate {
            up: sum.up + rate.up,
            down: sum.down + rate.down,
            ..sum
        })
    }

    /// Names of the tunnels that do not do what they were asked to, what is the matter, and the colour of it.
    pub fn troubled(&self) -> impl Iterator<Item = (&str, String, Role)> {
        self.rows.iter().filter_map(|row| {
            let (says, role) = view::stand(row);
            let says = match &row.trouble {
                Some((why, _)) if role == Role::Bad => format!("{says}: {why}"),
                _ => says,
            };
            matches!(role, Role::Bad | Role::Warn).then_some((row.name.as_str(), says, role))
        })
    }

    /// Seconds of silence are counted on the screen.
    pub fn any_stalled(&self) -> bool {
        self.rows.iter().any(Row::is_stalled)
    }
}

impl Ids for Forwards {
    type Id = RowId;

    fn len(&self) -> usize {
        self.rows.len()
    }

    fn id_at(&self, index: usize) -> Option<RowId> {
        self.rows.get(index).map(|row| row.id)
    }
}
