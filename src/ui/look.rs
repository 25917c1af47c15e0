//! How a widget learns its colours: by role, never by hue.
//! A widget is handed a [`Look`]; which colour a role has is the theme's business alone.

use ratatui::style::Style;

pub use crate::config::Role;

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

    /// The border of a frame, brighter where the keys go.
    pub fn border(&self, focused: bool) -> Style {
        self.of(if focused { Role::BorderFocus } else { Role::Border })
    }

    /// The row under the cursor.
    pub fn selected(&self, focused: bool) -> Style {
        self.of(if focused {
            Role::Selected
        } else {
            Role::SelectedDim
        })
    }

    /// What stands over other things: nothing below shows through.
    pub fn popup(&self) -> Style {
        self.of(Role::Background).patch(self.of(Role::Popup))
    }

    /// The colour of the nth series of a chart; six, then round again.
    pub fn series(&self, nth: usize) -> Style {
        self.of(Role::chart(nth))
    }
}
