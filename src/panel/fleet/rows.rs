//! The rows of the table: the nodes that the filter lets by, then the failures, so that the cursor starts on a node;
//! the title says that there are failures.

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
        if let Some(at) = self.shown.get(index) {
            return Some(Entry::Node(self.nodes[*at].id.clone()));
        }
        let failure = index - self.shown.len();
        (failure < self.failures.len()).then_some(Entry::Failure(failure))
    }

    fn index_of(&self, id: &Entry) -> Option<usize> {
        match id {
            Entry::Failure(at) => (*at < self.failures.len()).then_some(self.shown.len() + at),
            Entry::Node(id) => {
                let at = self.index.get(id)?;
                self.shown.iter().position(|shown| shown == at)
            }
        }
    }
}
