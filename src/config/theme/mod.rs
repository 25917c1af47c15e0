//! Themes: roles to styles. Six are compiled in; a user's is `themes/NAME.toml` beside the configuration.
//! A theme may inherit another and change its palette, its roles or both; every fault names file and line.

mod colour;
mod layer;
mod role;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ratatui::style::{Color, Modifier, Style};

use self::layer::{Layer, Look};
use super::nearest::suggest;
use super::{Bad, Fault};
pub use colour::Depth;
pub use role::Role;

/// The theme of a console that was told nothing.
pub const DEFAULT: &str = "quarterdeck";

/// What a theme builds upon when it names nothing: it is readable on any terminal.
const BASE: &str = "ansi";

/// Built-in themes: name and text.
const BUILT_IN: [(&str, &str); 6] = [
    ("quarterdeck", include_str!("../../../themes/quarterdeck.toml")),
    ("daylight", include_str!("../../../themes/daylight.toml")),
    ("lantern", include_str!("../../../themes/lantern.toml")),
    ("fjord", include_str!("../../../themes/fjord.toml")),
    ("ansi", include_str!("../../../themes/ansi.toml")),
    ("contrast", include_str!("../../../themes/contrast.toml")),
];

/// A look for every role.
#[derive(Clone, Debug, PartialEq)]
pub struct Theme {
    pub name: String,
    styles: BTreeMap<Role, Style>,
}

impl Theme {
    /// A built-in theme.
    pub fn named(name: &str) -> Option<Theme> {
        built_in(name)?;
        Theme::load(name, Path::new("")).ok()
    }

    /// Names of the built-in themes, in the order in which they are offered.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// A theme by name (a user's in `themes_dir` wins over a built-in one) or, where it ends in `.toml`, by path.
    pub fn load(name: &str, themes_dir: &Path) -> Result<Theme, Bad> {
        let layers = load_chain(name, themes_dir)?;
        let mut palette = BTreeMap::new();
        for layer in layers.iter().rev() {
            palette.extend(layer.palette.iter().map(|(name, colour)| (name.clone(), *colour)));
        }
        let mut styles = BTreeMap::new();
        for layer in layers.iter().rev() {
            let mut faults = Vec::new();
            for (role, look) in &layer.looks {
                styles.insert(*role, resolve(look, &palette, &mut faults));
            }
            if !faults.is_empty() {
                faults.sort_by_key(|fault: &Fault| fault.line);
                return Err(Bad {
                    file: layer.file.clone(),
                    faults,
                });
            }
        }
        Ok(Theme {
            name: name.to_string(),
            styles,
        })
    }

    /// The look of a role, to be patched onto what is below it.
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(&role).copied().unwrap_or_default()
    }

    /// This theme as a terminal of fewer colours can show it. Sixteen colours get the `ansi` theme whole:
    /// the nearest of sixteen would put dark text on a dark ground.
    pub fn at(&self, depth: Depth) -> Theme {
        match depth {
            Depth::True => self.clone(),
            Depth::Ansi256 => self.mapped(|_, style| Style {
                fg: style.fg.map(colour::to_256),
                bg: style.bg.map(colour::to_256),
                ..style
            }),
            Depth::Ansi16 => Theme::named(BASE).unwrap_or_else(|| self.at(Depth::Plain)),
            Depth::Plain => self.mapped(|role, _| Style::new().add_modifier(role.plain())),
        }
    }

    fn mapped(&self, map: impl Fn(Role, Style) -> Style) -> Theme {
        let styles = Role::ALL
            .iter()
            .map(|role| (*role, map(*role, self.style(*role))))
            .collect();
        Theme {
            name: self.name.clone(),
            styles,
        }
    }
}

fn built_in(name: &str) -> Option<&'static str> {
    BUILT_IN
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, text)| *text)
}

/// The theme, then what it inherits, down to the base.
fn load_chain(name: &str, themes_dir: &Path) -> Result<Vec<Layer>, Bad> {
    let mut layers: Vec<Layer> = Vec::new();
    let mut next = name.to_string();
    loop {
        let (file, text) = find(&next, themes_dir, layers.last())?;
        if layers.iter().any(|layer| layer.file == file) {
            let says = format!("inherits {next:?}, which inherits this theme again");
            let last = layers.last().map_or(file.as_path(), |layer| layer.file.as_path());
            return Err(Bad::whole(last, says, Some("end the circle".into())));
        }
        let layer = Layer::parse(&file, &text)?;
        let parent = layer.inherits.clone();
        layers.push(layer);
        next = match parent {
            Some(parent) => parent,
            None if next == BASE => return Ok(layers),
            None => BASE.to_string(),
        };
    }
}

/// Where a theme is and what it says. A user's theme may build upon the built-in one of its own name.
fn find(name: &str, themes_dir: &Path, child: Option<&Layer>) -> Result<(PathBuf, String), Bad> {
    let file = if name.ends_with(".toml") {
        PathBuf::from(name)
    } else {
        themes_dir.join(format!("{name}.toml"))
    };
    let is_own_child = child.is_some_and(|child| child.file == file && built_in(name).is_some());
    let is_named = !themes_dir.as_os_str().is_empty() || name.ends_with(".toml");
    if is_named && !is_own_child {
        match std::fs::read_to_string(&file) {
            Ok(text) => return Ok((file, text)),
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {}
            Err(cause) => return Err(Bad::whole(&file, format!("cannot read the theme: {cause}"), None)),
        }
    }
    if let Some(text) = built_in(name) {
        return Ok((PathBuf::from(format!("themes/{name}.toml")), text.to_string()));
    }
    let names: Vec<&str> = Theme::names().collect();
    let hint = format!("{}, or write {}", suggest(name, &names), file.display());
    let says = format!("no theme is called {name:?}");
    let place = child.map_or(file.as_path(), |child| child.file.as_path());
    Err(Bad::whole(place, says, Some(hint)))
}

fn resolve(look: &Look, palette: &BTreeMap<String, Color>, faults: &mut Vec<Fault>) -> Style {
    let mut style = Style::new();
    let mut colour = |reference: &Option<layer::Reference>| match reference.as_ref()?.resolve(palette) {
        Ok(colour) => Some(colour),
        Err(fault) => {
            faults.push(fault);
            None
        }
    };
    style.fg = colour(&look.fg);
    style.bg = colour(&look.bg);
    if look.modifiers != Modifier::empty() {
        style = style.add_modifier(look.modifiers);
    }
    style
}

#[cfg(test)]
mod tests;
