//! A name that was misspelt: one word of it, by one letter that is swapped, missing, too many or another. Numbers are never
//! misspelt, and short words are other words.

use crate::config::nearest::edits;

/// Letters of a name from which on one of them may be wrong.
const NAME: usize = 8;
/// The same of a word.
const WORD: usize = 5;

/// Whether the words of an alarm hold a name but for one slip; both in their order, small.
pub fn is_near(said: &[String], name: &[String]) -> bool {
    if letters(name) < NAME {
        return false;
    }
    // Written without marks between the words, the whole is one.
    if said.len() == 1 || name.len() == 1 {
        let (one, other) = (said.concat(), name.concat());
        if is_slip(&one, &other) {
            return true;
        }
    }
    let mut missing = name.iter().filter(|word| !said.contains(word));
    let (Some(word), None) = (missing.next(), missing.next()) else {
        return false;
    };
    let mut rest = said.iter().filter(|one| !name.contains(one));
    rest.any(|one| is_slip(one, word))
}

/// Letters and digits of a name.
pub fn letters(name: &[String]) -> usize {
    name.iter().map(String::len).sum()
}

/// `one` as it was said, for a word that is known. One that begins otherwise is another word, unless its first two letters
/// are swapped.
fn is_slip(one: &str, known: &str) -> bool {
    let count = |word: &str| word.chars().count();
    let is_word = |word: &str| word.chars().all(char::is_alphabetic);
    if count(known) < WORD || count(one).abs_diff(count(known)) > 1 || !is_word(one) || !is_word(known) {
        return false;
    }
    let begins = |word: &str| word.chars().take(2).collect::<Vec<_>>();
    let (mine, theirs) = (begins(one), begins(known));
    let is_swapped = mine.iter().eq(theirs.iter().rev());
    (mine.first() == theirs.first() || is_swapped) && edits(one, known) == 1
}

#[cfg(test)]
mod tests {
    fn is_near(said: &str, name: &str) -> bool {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        super::is_near(&words(said), &words(name))
    }

    #[test]
    fn one_slip_in_one_word_is_near_and_nothing_else() {
        for (said, name) in [
            ("prod dns erorrs", "dns errors"),
            ("dns errrs", "dns errors"),
            ("queue stuk", "queue stuck"),
            ("disk altency high now", "disk latency high"),
            ("kubenodenotraedy", "kube node not ready"),
        ] {
            assert!(is_near(said, name), "{said}");
        }
        for (said, name) in [
            ("dns errors", "dns errors"),
            ("queue slow", "queue flow"),
            ("api server5 down", "api server6 down"),
            ("power limit", "tower limit"),
            ("dns erorsr", "dns errors"),
            ("tower limit", "power limit"),
            ("disk a full", "disk b full"),
            ("alpha", "alpah"),
        ] {
            assert!(!is_near(said, name), "{said}");
        }
    }
}
