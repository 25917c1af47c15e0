//! The page as it was last laid out. A frame that changes nothing of it paints from here; its geometry serves the keys.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use ratatui::style::Style;

use super::{Runbooks, Stop};
use crate::runbook::Block;
use crate::ui::markdown::{Document, Layout, highlight, layout, marks};
use crate::ui::{Look, Role};

/// What the layout depends on.
#[derive(Clone, Debug, PartialEq)]
struct Key {
    path: PathBuf,
    text: Arc<str>,
    width: u16,
    selected: Option<usize>,
    /// How much is known of the colours of code.
    colours: u64,
    /// Of the theme; `None` where only places matter.
    styles: Option<u64>,
}

#[derive(Debug)]
pub struct Laid {
    key: Key,
    pub document: Document,
}

/// Styles by which two themes differ wherever they differ on a page.
const TELLING: [Role; 14] = [
    Role::Text,
    Role::Heading,
    Role::Dim,
    Role::Faint,
    Role::Code,
    Role::CodeBlock,
    Role::Link,
    Role::Accent,
    Role::Quote,
    Role::Warn,
    Role::Placeholder,
    Role::BorderFocus,
    Role::SyntaxComment,
    Role::SyntaxString,
];

fn fingerprint(look: &Look<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    TELLING.map(|role| look.of(role)).hash(&mut hasher);
    hasher.finish()
}

impl Runbooks {
    /// The page at a width. Without a look any colours will do.
    pub(super) fn laid(&self, width: u16, look: Option<&Look<'_>>) -> Option<Rc<Laid>> {
        let page = self.page()?;
        let key = Key {
            path: page.path.clone(),
            text: Arc::clone(&page.text),
            width,
            selected: match self.selected {
                Some(Stop::Block(number)) => Some(number),
                _ => None,
            },
            colours: highlight::age(),
            styles: look.map(fingerprint),
        };
        let mut last = self.laid.borrow_mut();
        if let Some(laid) = last.as_ref().filter(|laid| laid.key.serves(&key)) {
            return Some(Rc::clone(laid));
        }
        let plain = |_: Role| Style::new();
        let plain = Look::new(&plain);
        let blocks: Vec<Block> = page.blocks();
        let marks = marks(&blocks);
        let how = Layout {
            width: usize::from(width),
            look: *look.unwrap_or(&plain),
            marks: &marks,
            selected: key.selected,
            coloured: true,
        };
        let laid = Rc::new(Laid {
            document: layout(&page.text, &how),
            key,
        });
        *last = Some(Rc::clone(&laid));
        Some(laid)
    }
}

impl Key {
    /// Whether what was laid out for this will do for `wanted`.
    fn serves(&self, wanted: &Key) -> bool {
        let same_place =
            self.width == wanted.width && Arc::ptr_eq(&self.text, &wanted.text) && self.path == wanted.path;
        let same_paint = self.selected == wanted.selected
            && self.colours == wanted.colours
            && self.styles == wanted.styles;
        same_place && (wanted.styles.is_none() || same_paint)
    }
}
