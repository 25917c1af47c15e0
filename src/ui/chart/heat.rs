//! The colour of a change in percent: the dearer, the hotter; and the words for it.

use ratatui::text::Span;

use crate::ui::look::{Look, Role};

/// From the hottest: more than so many percent, and how that reads.
const SHADES: [(f64, Role, &str); 4] = [
    (25.0, Role::Bad, "over 25 % dearer, or new"),
    (5.0, Role::Warn, "dearer"),
    (-5.0, Role::Info, "as before"),
    (f64::NEG_INFINITY, Role::Good, "cheaper"),
];

/// `None`: there was nothing before. A credit that is new makes it cheaper.
pub fn heat(percent: Option<f64>, is_credit: bool) -> Role {
    let new = match is_credit {
        true => f64::NEG_INFINITY,
        false => f64::INFINITY,
    };
    let percent = percent.unwrap_or(new);
    let shade = SHADES.iter().find(|(over, ..)| percent > *over);
    shade.map_or(Role::Good, |(_, role, _)| *role)
}

/// Each colour with its words, a blank between them.
pub fn legend(look: &Look<'_>) -> Vec<Span<'static>> {
    let shade = |(_, role, says): &(f64, Role, &str)| Span::styled(format!("■ {says}  "), look.of(*role));
    SHADES.iter().map(shade).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_new_or_much_dearer_is_hottest() {
        let roles = [
            None,
            Some(25.1),
            Some(25.0),
            Some(5.0),
            Some(-4.9),
            Some(-5.0),
            Some(-80.0),
        ]
        .map(|percent| heat(percent, false));
        use Role::{Bad, Good, Info, Warn};
        assert_eq!(roles, [Bad, Bad, Warn, Info, Info, Good, Good]);
    }

    #[test]
    fn a_credit_that_is_new_is_cheaper_and_one_that_shrank_is_hot() {
        let roles = [None, Some(80.0), Some(0.0), Some(-80.0)].map(|percent| heat(percent, true));
        assert_eq!(roles, [Role::Good, Role::Bad, Role::Info, Role::Good]);
    }
}
