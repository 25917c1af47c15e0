//! One tab of several as MkDocs writes them: its title above, marked, and what belongs to it behind a bar.

use super::tree::{Inline, Kind, Node};
use crate::ui::look::{Look, Role};

/// The nodes of a tab. The first begins with the line of its title.
pub(super) fn section(line: usize, mut nodes: Vec<Node>, look: &Look<'_>) -> Vec<Node> {
    let mut title = match nodes.first_mut() {
        Some(Node {
            kind: Kind::Paragraph(inline),
            ..
        }) => cut(inline),
        _ => Vec::new(),
    };
    nodes.retain(|node| !matches!(&node.kind, Kind::Paragraph(inline) if inline.is_empty()));
    // Which tab is open first, and the quotes, are no part of it.
    if let Some((piece, _)) = title.first_mut() {
        let bare = piece.trim_start_matches(['!', '+']).trim_start();
        *piece = bare.strip_prefix('"').unwrap_or(bare).to_owned();
    }
    if let Some((piece, _)) = title.last_mut() {
        let bare = piece.trim_end();
        *piece = bare.strip_suffix('"').unwrap_or(bare).to_owned();
    }
    for (_, ink) in &mut title {
        ink.style = ink.style.patch(look.of(Role::Heading));
    }
    let title = Kind::Paragraph(title);
    let body = Kind::Quote { title: None, nodes };
    [title, body]
        .into_iter()
        .map(|kind| Node { line, kind })
        .collect()
}

/// Takes the first line out of a text.
fn cut(inline: &mut Inline) -> Inline {
    let to = inline.iter().position(|(piece, _)| piece == "\n");
    let rest = to.map(|to| inline.split_off(to)).unwrap_or_default();
    std::mem::replace(inline, rest.into_iter().skip(1).collect())
}
