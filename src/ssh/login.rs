//! The login that an image is delivered with, by its platform and its Name tag, where the user names none.
//! Outside facts: "Manage system users on your Amazon EC2 Linux instance" in the EC2 user guide.

/// Words of a platform and the login of its official images, the more special first.
const LOGINS: [(&str, &str); 9] = [
    ("ubuntu", "ubuntu"),
    ("debian", "admin"),
    ("centos", "centos"),
    ("rocky", "rocky"),
    ("fedora", "fedora"),
    ("freebsd", "ec2-user"),
    ("bottlerocket", "ec2-user"),
    ("windows", "Administrator"),
    ("amazon", "ec2-user"),
];

/// Everyone else's: Amazon Linux, Red Hat, SUSE, macOS.
const USUAL: &str = "ec2-user";

/// A guess by the platform's name, to be said as one.
pub fn guess(platform: &str) -> &'static str {
    let platform = platform.to_lowercase();
    LOGINS
        .iter()
        .find(|(word, _)| platform.contains(word))
        .map_or(USUAL, |(_, login)| login)
}

/// `user@target` taken apart.
pub fn split(target: &str) -> (Option<&str>, &str) {
    match target.rsplit_once('@') {
        Some((user, host)) if !user.is_empty() && !host.is_empty() => (Some(user), host),
        _ => (None, target),
    }
}

/// What EC2 Instance Connect takes as a login: at most 32 characters of these.
pub fn is_valid(user: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_-.@\\$".contains(c);
    !user.is_empty() && user.len() <= 32 && !user.starts_with('-') && user.chars().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_login_follows_the_platform() {
        assert_eq!(guess("Ubuntu 24.04"), "ubuntu");
        assert_eq!(guess("Debian GNU/Linux 12"), "admin");
        assert_eq!(guess("Amazon Linux 2023"), "ec2-user");
        assert_eq!(guess("Linux/UNIX"), "ec2-user");
    }

    #[test]
    fn a_login_before_the_target_is_taken_off() {
        assert_eq!(split("root@i-1"), (Some("root"), "i-1"));
        assert_eq!(split("web-1"), (None, "web-1"));
        assert_eq!(split("@web"), (None, "@web"));
    }

    #[test]
    fn a_login_that_could_be_an_option_is_none() {
        assert!(is_valid("ec2-user") && is_valid("a.b_c"));
        assert!(!is_valid("-oProxyCommand=x") && !is_valid("") && !is_valid("a b"));
    }
}
