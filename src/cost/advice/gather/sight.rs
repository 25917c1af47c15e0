//! Since when volumes are seen without an instance: EC2 does not tell when one was detached, so the first day on which we saw
//! it so is kept on disk. It is a lower bound that grows into a proof.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::cost::shelf::Shelf;

/// By volume.
pub type Sights = BTreeMap<String, Date>;

/// Keeps what is seen loose today and forgets what no longer is; the first day of each.
pub fn remember(shelf: &Shelf, region: &str, loose: &[&str], today: Date) -> std::io::Result<Sights> {
    let name = format!("loose/{region}.json");
    let known: Sights = shelf.load(&name).unwrap_or_default();
    let sights: Sights = loose
        .iter()
        .map(|id| {
            (
                (*id).to_owned(),
                known.get(*id).copied().unwrap_or(today).min(today),
            )
        })
        .collect();
    if sights != known {
        shelf.save(&name, &sights)?;
    }
    Ok(sights)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_day_stays_and_what_is_attached_again_begins_anew() {
        let dir = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(dir.path(), "111122223333");
        let day = |day: i8| Date::constant(2026, 11, day);
        let see = |loose: &[&str], on: i8| remember(&shelf, "eu-west-1", loose, day(on)).unwrap();
        assert_eq!(see(&["vol-1", "vol-2"], 1)["vol-1"], day(1));
        assert_eq!(see(&["vol-1"], 9)["vol-1"], day(1));
        assert_eq!(see(&["vol-1", "vol-2"], 12)["vol-2"], day(12));
    }
}
