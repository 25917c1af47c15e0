//! Remote paths as words of a shell script. Whatever a name holds goes through as octal digits, so that neither the
//! document's own placeholders, nor the agent's splitting, nor a shell sees anything but letters and digits.

/// Statements that set the variable `name` to a path; a leading `~` or `~user` is the remote's to expand.
pub fn assign(name: &str, path: &str) -> String {
    let (base, rest) = split_home(path);
    if rest.is_empty() {
        return format!("{name}={base}");
    }
    format!("{}; {name}={base}$r", literal("r", rest))
}

/// Statements that set a variable to this very text.
pub fn literal(name: &str, text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_./+,@-".contains(&byte);
    if text.bytes().all(plain) {
        return format!("{name}={text}");
    }
    let octal: String = text.bytes().map(|byte| format!("\\\\0{byte:03o}")).collect();
    // A substitution drops line ends at its end: the letter behind them keeps them.
    format!("{name}=$(printf %b \"{octal}x\"); {name}=${{{name}%x}}")
}

/// What a shell must expand, unquoted, and the rest.
fn split_home(path: &str) -> (String, &str) {
    if path.starts_with('/') {
        return (String::new(), path);
    }
    let Some(after) = path.strip_prefix('~') else {
        return ("~/".to_owned(), path);
    };
    let (user, rest) = after.split_once('/').unwrap_or((after, ""));
    let is_user = user
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    match (is_user, after.contains('/')) {
        (true, true) => (format!("~{user}/"), rest),
        (true, false) => (format!("~{user}"), ""),
        (false, _) => ("~/".to_owned(), path),
    }
}

/// The last name of a path, for a folder that it is copied into.
pub fn file_name(path: &str) -> &str {
    let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    match name {
        "" | "." | ".." | "~" => "copy",
        name => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::process::Command;

    fn by_shell(path: &str) -> Vec<u8> {
        let script = format!("{}; printf %s \"$p\"", assign("p", path));
        let out = Command::new("sh")
            .args(["-c", &script])
            .env("HOME", "/home/qd")
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&out.stderr), "");
        out.stdout
    }

    #[test]
    fn a_home_is_expanded_and_nothing_else() {
        assert_eq!(by_shell("~"), b"/home/qd");
        assert_eq!(by_shell("~/a b"), b"/home/qd/a b");
        assert_eq!(by_shell("notes"), b"/home/qd/notes");
        assert_eq!(by_shell("-rf"), b"/home/qd/-rf");
        assert_eq!(by_shell("~root/x"), b"/root/x");
        assert_eq!(by_shell("/a/$HOME/`id`/{{ x }}\n"), b"/a/$HOME/`id`/{{ x }}\n");
    }

    #[test]
    fn a_folder_gives_its_last_name() {
        assert_eq!(file_name("/var/log/"), "log");
        assert_eq!(file_name("~"), "copy");
        assert_eq!(file_name("/"), "copy");
        assert_eq!(file_name("a"), "a");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn a_shell_sees_every_path_as_it_is(path in "/[^\0]{0,24}") {
            prop_assert_eq!(by_shell(&path), path.as_bytes());
        }

        #[test]
        fn a_script_needs_no_quoting_of_its_own(path in "[^\0]{0,24}") {
            let script = assign("p", &path).replace("${r%x}", "");
            prop_assert!(!script.contains(['\'', '\n', '{', '}']), "{}", script);
        }
    }
}
