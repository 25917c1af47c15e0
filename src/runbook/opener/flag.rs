//! Flags told from what stands behind them, as far as a program's manual says which of them take a word.

/// The flags of a line, without their values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Flags<'a> {
    short: String,
    long: Vec<&'a str>,
}

impl<'a> Flags<'a> {
    /// Whether one of these is there: single letters, and long names.
    pub fn has_any(&self, wanted: &str) -> bool {
        let mut wanted = wanted.split_whitespace();
        wanted.any(|name| match name.len() {
            1 => self.short.contains(name),
            _ => self.long.iter().any(|long| long.split('=').next() == Some(name)),
        })
    }

    /// The value of a long flag that is written with `=`.
    pub fn value(&self, name: &str) -> Option<&'a str> {
        let mut long = self.long.iter();
        long.find_map(|long| long.strip_prefix(name)?.strip_prefix('='))
    }

    /// Takes one word in; says whether the next one is its value. `p=` is a letter that has its value in the same word.
    fn take(&mut self, word: &'a str, valued: &str) -> bool {
        let takes = |name: &str| valued.split_whitespace().any(|known| known == name);
        if let Some(long) = word.strip_prefix("--") {
            self.long.push(long);
            return !long.contains('=') && takes(long);
        }
        // `-version`, as some programs write it.
        self.long.push(&word[1..]);
        for (at, letter) in word.char_indices().skip(1) {
            self.short.push(letter);
            // Where more letters follow, they are its value.
            if takes(&format!("{letter}=")) {
                return false;
            }
            if takes(letter.encode_utf8(&mut [0; 4])) {
                return at + letter.len_utf8() == word.len();
            }
        }
        false
    }
}

fn is_flag(word: &str) -> bool {
    word.len() > 1 && word.starts_with('-')
}

/// The flags at the beginning of a line, and all words from the first that is none.
pub(super) fn leading<'a, 'w>(words: &'w [&'a str], valued: &str) -> (Flags<'a>, &'w [&'a str]) {
    let mut flags = Flags::default();
    let mut at = 0;
    while let Some(word) = words.get(at).filter(|word| is_flag(word)) {
        at += 1;
        if *word == "--" {
            break;
        }
        at += usize::from(flags.take(word, valued));
    }
    (flags, words.get(at..).unwrap_or_default())
}

/// A line whose flags stand anywhere: the flags, the places of the other words, and what stands behind `--`.
pub(super) struct Mixed<'a, 'w> {
    pub flags: Flags<'a>,
    pub plain: Vec<usize>,
    pub behind: Option<&'w [&'a str]>,
}

/// Takes such a line apart.
pub(super) fn mixed<'a, 'w>(words: &'w [&'a str], valued: &str) -> Mixed<'a, 'w> {
    let mut found = Mixed {
        flags: Flags::default(),
        plain: Vec::new(),
        behind: None,
    };
    let mut at = 0;
    while let Some(word) = words.get(at) {
        at += 1;
        match *word {
            "--" => {
                found.behind = Some(&words[at..]);
                break;
            }
            word if is_flag(word) => at += usize::from(found.flags.take(word, valued)),
            _ => found.plain.push(at - 1),
        }
    }
    found
}
