//! How a widget learns its colours: by role, never by hue.
//! A widget is handed a [`Look`]; which colour a role has is the theme's business alone.

use ratatui::style::{Modifier, Style};

/// What a colour means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    Text,
    Dim,
    Title,
    Accent,
    Border,
    BorderFocus,
    Selected,
    Good,
    Warn,
    Bad,
    Info,
    BadgeProd,
    Chart1,
    Chart2,
    Chart3,
    Chart4,
    Chart5,
    Chart6,
    Code,
    Link,
}

/// The styles of the current theme, borrowed for one frame.
#[derive(Clone, Copy)]
pub struct Look<'a> {
    style: &'a dyn Fn(Role) -> Style,
}

impl<'a> Look<'a> {
    pub fn new(style: &'a dyn Fn(Role) -> Style) -> Look<'a> {
        Look { style }
    }

    /// The style of a role.
    pub fn of(&self, role: Role) -> Style {
        (self.style)(role)
    }

    /// What a search or a filter matched.
    pub fn matched(&self) -> Style {
        self.of(Role::Accent)
            .add_modifier(Modifier::BOLD | Modifier::UNDERLINED)
    }

    /// The border of a frame, brighter where the keys go.
    pub fn border(&self, focused: bool) -> Style {
        self.of(if focused { Role::BorderFocus } else { Role::Border })
    }

    /// The colour of the nth series of a chart; six, then round again.
    pub fn series(&self, nth: usize) -> Style {
        const SERIES: [Role; 6] = [
            Role::Chart1,
            Role::Chart2,
            Role::Chart3,
            Role::Chart4,
            Role::Chart5,
            Role::Chart6,
        ];
        self.of(SERIES[nth % SERIES.len()])
    }
}
