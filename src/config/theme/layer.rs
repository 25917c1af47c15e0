//! One theme file as it stands: a palette, the roles it sets, and the theme that it builds upon.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ratatui::style::{Color, Modifier};
use toml::Spanned;
use toml::de::DeValue;

use super::Role;
use super::colour;
use crate::config::nearest::suggest;
use crate::config::source::{Section, Source, shown};
use crate::config::{Bad, Fault};

pub(super) struct Layer {
    pub(super) file: PathBuf,
    pub(super) inherits: Option<String>,
    pub(super) palette: BTreeMap<String, Color>,
    pub(super) looks: BTreeMap<Role, Look>,
}

/// A role's look before palette names are resolved.
#[derive(Default)]
pub(super) struct Look {
    pub(super) fg: Option<Reference>,
    pub(super) bg: Option<Reference>,
    pub(super) modifiers: Modifier,
}

/// A colour or the name of one, with its line.
pub(super) struct Reference {
    text: String,
    line: usize,
}

impl Reference {
    pub(super) fn resolve(&self, palette: &BTreeMap<String, Color>) -> Result<Color, Fault> {
        let found = palette
            .get(&self.text)
            .copied()
            .or_else(|| colour::parse(&self.text));
        found.ok_or_else(|| {
            let mut names: Vec<&str> = palette.keys().map(String::as_str).collect();
            colour::names().for_each(|name| names.push(name));
            let hint = if self.text.starts_with('#') {
                format!("allowed: {}", colour::ALLOWED)
            } else {
                suggest(&self.text, &names)
            };
            Fault {
                line: Some(self.line),
                says: format!("no colour is called {:?}", self.text),
                hint: Some(hint),
            }
        })
    }
}

const MODIFIERS: [(&str, Modifier); 5] = [
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underlined", Modifier::UNDERLINED),
    ("reversed", Modifier::REVERSED),
];

impl Layer {
    pub(super) fn parse(file: &Path, text: &str) -> Result<Layer, Bad> {
        let source = Source::new(file, text);
        let entries = source.parse();
        let root = Section::root(&source, &entries);
        let mut layer = Layer {
            file: file.to_path_buf(),
            inherits: root.text("inherits"),
            palette: BTreeMap::new(),
            looks: BTreeMap::new(),
        };
        if let Some(palette) = root.section("palette") {
            layer.palette = read_palette(&palette);
        }
        if let Some(roles) = root.section("roles") {
            for role in Role::ALL {
                if let Some(value) = roles.get(role.name()) {
                    layer.looks.insert(*role, read_look(&source, role.name(), value));
                }
            }
            roles.finish();
        }
        root.finish();
        source.finish(layer)
    }
}

fn read_palette(section: &Section) -> BTreeMap<String, Color> {
    let mut palette = BTreeMap::new();
    for (name, value) in section.entries() {
        match value.get_ref().as_str().and_then(colour::parse) {
            Some(colour) => {
                palette.insert(name.get_ref().to_string(), colour);
            }
            None => {
                let says = format!("palette.{} cannot be {}", name.get_ref(), shown(value.get_ref()));
                let hint = format!("allowed: {}", colour::ALLOWED);
                section.source.fault(Some(value.span()), says, Some(hint));
            }
        }
    }
    palette
}

/// `role = "colour"`, or `role = { fg = …, bg = …, modifiers = […] }`.
fn read_look(source: &Source, name: &'static str, value: &Spanned<DeValue>) -> Look {
    let reference = |text: &str, at: usize| Reference {
        text: text.to_string(),
        line: source.line(at),
    };
    let line_of = value.span().start;
    match value.get_ref() {
        DeValue::String(text) => Look {
            fg: Some(reference(text, line_of)),
            ..Look::default()
        },
        DeValue::Table(entries) => {
            let section = Section::named(source, name, entries);
            let colour = |key| {
                let at = section.get(key).map_or(line_of, |value| value.span().start);
                section.text(key).map(|text| reference(&text, at))
            };
            let look = Look {
                fg: colour("fg"),
                bg: colour("bg"),
                modifiers: read_modifiers(&section),
            };
            section.finish();
            look
        }
        other => {
            let says = format!("roles.{name} cannot be {}", shown(other));
            let hint = "allowed: a colour, or { fg = …, bg = …, modifiers = […] }".to_string();
            source.fault(Some(value.span()), says, Some(hint));
            Look::default()
        }
    }
}

fn read_modifiers(section: &Section) -> Modifier {
    let known = |name: &str| {
        MODIFIERS
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, modifier)| *modifier)
    };
    let names: Vec<&str> = MODIFIERS.iter().map(|(name, _)| *name).collect();
    let wanted = format!("a list of {}", names.join(", "));
    let modifiers = section.read("modifiers", &wanted, |value| {
        value
            .as_array()?
            .iter()
            .map(|item| item.get_ref().as_str().and_then(known))
            .collect::<Option<Vec<_>>>()
    });
    modifiers.unwrap_or_default().into_iter().collect()
}
