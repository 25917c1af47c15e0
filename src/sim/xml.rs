//! Writing XML replies. Every text is escaped here, and characters XML cannot carry are left out, so no
//! tag value can break a document.

use std::fmt::{Display, Write};

#[derive(Debug, Default)]
pub struct Xml(String);

impl Xml {
    pub fn new() -> Xml {
        Xml("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned())
    }

    /// An element with text.
    pub fn leaf(&mut self, name: &str, value: impl Display) -> &mut Xml {
        self.push_tag(name);
        self.push_text(&value.to_string());
        self.push_end(name)
    }

    /// An element with text, left out when there is none.
    pub fn leaf_if(&mut self, name: &str, value: Option<impl Display>) -> &mut Xml {
        match value {
            Some(value) => self.leaf(name, value),
            None => self,
        }
    }

    /// An element with elements inside.
    pub fn within(&mut self, name: &str, fill: impl FnOnce(&mut Xml)) -> &mut Xml {
        self.push_tag(name);
        fill(self);
        self.push_end(name)
    }

    /// The document element, in a namespace.
    pub fn root(mut self, name: &str, namespace: &str, fill: impl FnOnce(&mut Xml)) -> String {
        let _ = write!(self.0, "<{name} xmlns=\"{namespace}\">");
        fill(&mut self);
        self.push_end(name);
        self.0
    }

    /// The document element, without a namespace.
    pub fn bare_root(mut self, name: &str, fill: impl FnOnce(&mut Xml)) -> String {
        self.within(name, fill);
        self.0
    }

    fn push_tag(&mut self, name: &str) {
        let _ = write!(self.0, "<{name}>");
    }

    fn push_end(&mut self, name: &str) -> &mut Xml {
        let _ = write!(self.0, "</{name}>");
        self
    }

    fn push_text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\r' => self.0.push_str("&#13;"),
                '\t' | '\n' => self.0.push(c),
                c if c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
                c => self.0.push(c),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_break_out_of_its_element() {
        let text = Xml::new().bare_root("a", |x| {
            x.leaf("b", "</b><evil>&\u{1}\u{1b}");
        });
        assert!(
            text.ends_with("<a><b>&lt;/b&gt;&lt;evil&gt;&amp;</b></a>"),
            "{text}"
        );
    }
}
