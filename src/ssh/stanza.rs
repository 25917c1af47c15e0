//! The lines for OpenSSH's configuration that send instance ids through `qd ssh-proxy`. The same flags give the same
//! text, so that it can be written to a file and included again and again.

use super::word::for_proxy;

/// `words` is the program and its global flags.
pub fn write(words: &[String]) -> String {
    let command: Vec<String> = words.iter().map(|word| for_proxy(word)).collect();
    format!(
        "# Quarterdeck: instances by id through Session Manager, each connection recorded.\n\
         Host i-* mi-*\n    \
         ProxyCommand {} ssh-proxy %h %p\n    \
         CheckHostIP no\n    \
         ServerAliveInterval 30\n",
        command.join(" ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flags_in_use_stand_in_the_proxy_command() {
        let words = ["qd", "--profile", "on call"].map(str::to_owned);
        let text = write(&words);
        assert!(
            text.contains("ProxyCommand qd --profile 'on call' ssh-proxy %h %p\n"),
            "{text}"
        );
        assert!(text.lines().any(|line| line == "Host i-* mi-*"));
    }
}
