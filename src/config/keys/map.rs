//! Sequences of strokes to bound values. No sequence is the beginning of another, so that a stroke either
//! does its work at once or waits for the next; there is no timeout.

use std::fmt;

use super::{Stroke, print};

/// A trie in the order in which keys were bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyMap<T> {
    nodes: Vec<(Stroke, Node<T>)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Node<T> {
    Bound(T),
    More(KeyMap<T>),
}

/// Two bindings that cannot both hold. `Display` completes a sentence about the newer one: `… is bound twice`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict<T> {
    pub newer: Vec<Stroke>,
    pub older: Vec<Stroke>,
    /// What the older one does.
    pub value: T,
}

impl<T> fmt::Display for Conflict<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let older = print(&self.older);
        match self.newer.len().cmp(&self.older.len()) {
            std::cmp::Ordering::Equal => write!(f, "is the same as \"{older}\""),
            std::cmp::Ordering::Less => write!(f, "hides the longer \"{older}\""),
            std::cmp::Ordering::Greater => write!(f, "is hidden by the shorter \"{older}\""),
        }
    }
}

impl<T> Default for KeyMap<T> {
    fn default() -> KeyMap<T> {
        KeyMap { nodes: Vec::new() }
    }
}

impl<T> KeyMap<T> {
    /// Binds a sequence; whatever stands in its way is an error that names both.
    pub fn bind(&mut self, strokes: &[Stroke], value: T) -> Result<(), Conflict<T>>
    where
        T: Clone,
    {
        if let Some((older, value)) = self.in_the_way(strokes).into_iter().next() {
            return Err(Conflict {
                newer: strokes.to_vec(),
                older,
                value: value.clone(),
            });
        }
        self.insert(strokes, value);
        Ok(())
    }

    /// Binds a sequence and removes what stood in its way: how a user's key wins over a built-in one.
    pub fn replace(&mut self, strokes: &[Stroke], value: T) {
        let older: Vec<Vec<Stroke>> = self
            .in_the_way(strokes)
            .into_iter()
            .map(|(strokes, _)| strokes)
            .collect();
        for strokes in older {
            self.unbind(&strokes);
        }
        self.insert(strokes, value);
    }

    /// Whether that very sequence was bound.
    pub fn unbind(&mut self, strokes: &[Stroke]) -> bool {
        let Some((first, rest)) = strokes.split_first() else {
            return false;
        };
        let Some(at) = self.nodes.iter().position(|(stroke, _)| stroke == first) else {
            return false;
        };
        let unbound = match &mut self.nodes[at].1 {
            Node::Bound(_) if rest.is_empty() => true,
            Node::Bound(_) => return false,
            Node::More(map) => {
                let unbound = map.unbind(rest);
                if !map.nodes.is_empty() {
                    return unbound;
                }
                unbound
            }
        };
        self.nodes.remove(at);
        unbound
    }

    /// Every binding, in the order in which first strokes were bound.
    pub fn bindings(&self) -> Vec<(Vec<Stroke>, &T)> {
        self.below(&[])
    }

    /// The sequences that are bound to a value, in the same order.
    pub fn strokes_of(&self, value: &T) -> Vec<Vec<Stroke>>
    where
        T: PartialEq,
    {
        let below = |(stroke, node): &(Stroke, Node<T>)| match node {
            Node::Bound(bound) if bound == value => vec![vec![*stroke]],
            Node::Bound(_) => Vec::new(),
            Node::More(map) => {
                let follow = map.strokes_of(value).into_iter();
                follow.map(|rest| [&[*stroke], &rest[..]].concat()).collect()
            }
        };
        self.nodes.iter().flat_map(below).collect()
    }

    /// What may follow `typed`: the next stroke, and what it does if it completes a sequence.
    pub fn following(&self, typed: &[Stroke]) -> Vec<(Stroke, Option<&T>)> {
        let Some(map) = self.descend(typed) else {
            return Vec::new();
        };
        map.nodes
            .iter()
            .map(|(stroke, node)| match node {
                Node::Bound(value) => (*stroke, Some(value)),
                Node::More(_) => (*stroke, None),
            })
            .collect()
    }

    fn descend(&self, typed: &[Stroke]) -> Option<&KeyMap<T>> {
        let Some((first, rest)) = typed.split_first() else {
            return Some(self);
        };
        match self.node(first)? {
            Node::More(map) => map.descend(rest),
            Node::Bound(_) => None,
        }
    }

    fn node(&self, stroke: &Stroke) -> Option<&Node<T>> {
        self.nodes
            .iter()
            .find(|(known, _)| known == stroke)
            .map(|(_, node)| node)
    }

    /// The same sequence, those it would hide, or the one that would hide it.
    fn in_the_way(&self, strokes: &[Stroke]) -> Vec<(Vec<Stroke>, &T)> {
        let mut map = self;
        for (depth, stroke) in strokes.iter().enumerate() {
            match map.node(stroke) {
                None => return Vec::new(),
                Some(Node::Bound(value)) => return vec![(strokes[..=depth].to_vec(), value)],
                Some(Node::More(deeper)) => map = deeper,
            }
        }
        map.below(strokes)
    }

    fn below(&self, typed: &[Stroke]) -> Vec<(Vec<Stroke>, &T)> {
        let mut found = Vec::new();
        for (stroke, node) in &self.nodes {
            let strokes = [typed, &[*stroke]].concat();
            match node {
                Node::Bound(value) => found.push((strokes, value)),
                Node::More(map) => found.extend(map.below(&strokes)),
            }
        }
        found
    }

    /// The way is free.
    fn insert(&mut self, strokes: &[Stroke], value: T) {
        let Some((first, rest)) = strokes.split_first() else {
            return;
        };
        if rest.is_empty() {
            self.nodes.push((*first, Node::Bound(value)));
            return;
        }
        let at = self
            .nodes
            .iter()
            .position(|(stroke, _)| stroke == first)
            .unwrap_or_else(|| {
                self.nodes.push((*first, Node::More(KeyMap::default())));
                self.nodes.len() - 1
            });
        if let Node::More(map) = &mut self.nodes[at].1 {
            map.insert(rest, value);
        }
    }
}

/// What has been typed of a sequence so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Typed {
    strokes: Vec<Stroke>,
}

/// What a stroke came to.
#[derive(Debug, PartialEq, Eq)]
pub enum Pressed<'m, T> {
    /// A sequence is complete.
    Bound(&'m T),
    /// A sequence has begun; `Typed::strokes` shows it.
    Pending,
    /// Nothing is bound there; these strokes are free for other uses.
    Unbound(Vec<Stroke>),
}

impl Typed {
    pub fn press<'m, T>(&mut self, map: &'m KeyMap<T>, stroke: Stroke) -> Pressed<'m, T> {
        let node = map.descend(&self.strokes).and_then(|map| map.node(&stroke));
        self.strokes.push(stroke);
        match node {
            Some(Node::More(_)) => Pressed::Pending,
            Some(Node::Bound(value)) => {
                self.clear();
                Pressed::Bound(value)
            }
            None => Pressed::Unbound(std::mem::take(&mut self.strokes)),
        }
    }

    pub fn strokes(&self) -> &[Stroke] {
        &self.strokes
    }

    pub fn clear(&mut self) {
        self.strokes.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    fn map(bindings: &[(&str, &'static str)]) -> KeyMap<&'static str> {
        let mut map = KeyMap::default();
        for (keys, value) in bindings {
            map.bind(&parse(keys).unwrap(), *value).unwrap();
        }
        map
    }

    #[test]
    fn a_sequence_waits_for_its_last_stroke() {
        let map = map(&[("g g", "top"), ("g e", "end"), ("x", "close")]);
        let [g, e, q] = [parse("g"), parse("e"), parse("q")].map(|strokes| strokes.unwrap()[0]);
        let mut typed = Typed::default();
        assert_eq!(typed.press(&map, g), Pressed::Pending);
        assert_eq!(
            map.following(typed.strokes()),
            [(g, Some(&"top")), (e, Some(&"end"))]
        );
        assert_eq!(typed.press(&map, e), Pressed::Bound(&"end"));
        assert_eq!(typed.press(&map, g), Pressed::Pending);
        assert_eq!(typed.press(&map, q), Pressed::Unbound(vec![g, q]));
        assert_eq!(typed.strokes(), []);
    }

    #[test]
    fn a_conflict_names_both_keys() {
        let mut map = map(&[("g g", "top"), ("C-x", "close")]);
        let mut refused = |keys: &str| map.bind(&parse(keys).unwrap(), "new").unwrap_err();
        assert_eq!(refused("g").to_string(), "hides the longer \"g g\"");
        assert_eq!(refused("ctrl-x").to_string(), "is the same as \"C-x\"");
        assert_eq!(refused("C-x y").to_string(), "is hidden by the shorter \"C-x\"");
        assert_eq!(refused("C-x y").value, "close");
    }

    #[test]
    fn replacing_removes_what_stood_in_the_way() {
        let mut map = map(&[("g g", "top"), ("g e", "end"), ("x", "close")]);
        map.replace(&parse("g").unwrap(), "go");
        map.replace(&parse("x y").unwrap(), "cut");
        let names: Vec<_> = map
            .bindings()
            .into_iter()
            .map(|(keys, v)| (print(&keys).to_string(), *v))
            .collect();
        assert_eq!(names, [("g".to_string(), "go"), ("x y".to_string(), "cut")]);
        assert!(map.unbind(&parse("x y").unwrap()));
        assert!(
            !map.unbind(&parse("x").unwrap()),
            "the empty branch went with its last binding"
        );
    }
}
