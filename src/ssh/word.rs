//! Quoting of words for whom OpenSSH hands them to: a shell, its own `%` tokens, its configuration's blanks.

/// One word for a shell; plain words stay as they are.
pub fn for_shell(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// One word of a `ProxyCommand`: a shell runs it after OpenSSH has replaced `%` tokens.
pub fn for_proxy(word: &str) -> String {
    for_shell(word).replace('%', "%%")
}

/// A path as the value of an option given by `-o`: `%` tokens are replaced there, and blanks separate.
pub fn for_option(path: &str) -> String {
    format!("\"{}\"", path.replace('%', "%%"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn percent_signs_are_doubled_and_blanks_quoted() {
        assert_eq!(for_proxy("a b%h"), "'a b%%h'");
        assert_eq!(for_proxy("it's"), r"'it'\''s'");
        assert_eq!(for_proxy(""), "''");
        assert_eq!(for_option("/a b/%h"), "\"/a b/%%h\"");
    }

    proptest! {
        #[test]
        fn a_shell_reads_back_any_word(word in "[^\0]{0,40}") {
            prop_assert_eq!(shlex::split(&for_shell(&word)), Some(vec![word]));
        }
    }
}
