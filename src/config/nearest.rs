//! Did you mean: the allowed word that a mistyped one is closest to.

/// The closest of `allowed` within a third of the word's length, at least one edit.
pub(crate) fn nearest<'a>(word: &str, allowed: &[&'a str]) -> Option<&'a str> {
    let word = word.to_lowercase();
    let reach = (word.chars().count() / 3).max(1);
    allowed
        .iter()
        .map(|candidate| (edits(&word, &candidate.to_lowercase()), *candidate))
        .filter(|(edits, _)| *edits <= reach)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

/// `did you mean "x"?` where one is near, else the whole list.
pub(super) fn suggest(word: &str, allowed: &[&str]) -> String {
    match nearest(word, allowed) {
        Some(near) => format!("did you mean {near:?}?"),
        None => format!("allowed: {}", allowed.join(", ")),
    }
}

/// Insertions, deletions, substitutions and swaps of neighbours that turn one word into the other.
pub(crate) fn edits(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().collect();
    let right: Vec<char> = right.chars().collect();
    let mut table = vec![vec![0; right.len() + 1]; left.len() + 1];
    for (row, cells) in table.iter_mut().enumerate() {
        cells[0] = row;
    }
    for (column, cell) in table[0].iter_mut().enumerate() {
        *cell = column;
    }
    for row in 1..=left.len() {
        for column in 1..=right.len() {
            let differs = usize::from(left[row - 1] != right[column - 1]);
            let mut least = (table[row - 1][column] + 1)
                .min(table[row][column - 1] + 1)
                .min(table[row - 1][column - 1] + differs);
            let swapped = row > 1
                && column > 1
                && left[row - 1] == right[column - 2]
                && left[row - 2] == right[column - 1];
            if swapped {
                least = least.min(table[row - 2][column - 2] + 1);
            }
            table[row][column] = least;
        }
    }
    table[left.len()][right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_finds_its_word() {
        let allowed = ["profiles", "regions", "theme"];
        assert_eq!(nearest("profils", &allowed), Some("profiles"));
        assert_eq!(nearest("Regoins", &allowed), Some("regions"));
        assert_eq!(nearest("colour", &allowed), None);
    }
}
