//! The rows of the table: failures first, since they say what is missing, then the nodes that the filter lets by.

use crate::fleet::Id;
use crate::ui::cursor::Ids;

use super::Fleet;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Entry {
    Failure(usize),
    Node(Id),
}

impl Ids for Fleet {
    type Id = Entry;

    fn len(&self) -> usize {
        self.failures.len() + self.shown.len()
    }

    fn id_at(&self, index: usize) -> Option<Entry> {
        if index < self.failures.len() {
            return Some(Entry::Failure(index));
        }
        let at = *self.shown.get(index - self.failures.len())?;
        Some(Entry::Node(self.nodes[at].id.clone()))
    }

    fn index_of(&self, id: &Entry) -> Option<usize> {
        match id {
            Entry::Failure(at) => (*at < self.failures.len()).then_some(*at),
            Entry::Node(id) => {
                let at = self.index.get(id)?;
                self.shown
                    .iter()
                    .position(|shown| shown == at)
                    .map(|row| row + self.failures.len())
            }
        }
    }
}
