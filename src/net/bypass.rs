//! NO_PROXY: which hosts are reached without a proxy. An entry is `*`, a name (itself and what is below it, with
//! or without a leading dot or `*.`), an address, or a network such as `10.0.0.0/8`; a port may follow a name.
//! Outside facts: the rules that curl and Go's HTTP client share.

use std::net::IpAddr;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bypass {
    entries: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    All,
    Network { base: IpAddr, bits: u8 },
    Name { name: String, port: Option<u16> },
}

impl Bypass {
    /// Never fails: an entry that is no address is a name.
    pub fn parse(text: &str) -> Bypass {
        let entries = text
            .split(|c: char| c == ',' || c.is_whitespace())
            .filter(|entry| !entry.is_empty())
            .map(Entry::parse)
            .collect();
        Bypass { entries }
    }

    pub fn has(&self, host: &str, port: u16) -> bool {
        let address: Option<IpAddr> = host.parse().ok();
        self.entries.iter().any(|entry| entry.has(host, address, port))
    }
}

impl Entry {
    fn parse(text: &str) -> Entry {
        if text == "*" {
            return Entry::All;
        }
        let bare = text.trim_start_matches('[').replace(']', "");
        if let Ok(base) = bare.parse::<IpAddr>() {
            let bits = if base.is_ipv4() { 32 } else { 128 };
            return Entry::Network { base, bits };
        }
        if let Some((base, bits)) = bare.split_once('/')
            && let (Ok(base), Ok(bits)) = (base.parse::<IpAddr>(), bits.parse::<u8>())
            && bits <= if base.is_ipv4() { 32 } else { 128 }
        {
            return Entry::Network { base, bits };
        }
        let (name, port) = match text.rsplit_once(':') {
            Some((name, port)) if port.parse::<u16>().is_ok() => (name, port.parse().ok()),
            _ => (text, None),
        };
        let name = name.trim_start_matches('*').trim_matches('.');
        Entry::Name {
            name: name.to_ascii_lowercase(),
            port,
        }
    }

    fn has(&self, host: &str, address: Option<IpAddr>, port: u16) -> bool {
        match self {
            Entry::All => true,
            Entry::Network { base, bits } => address.is_some_and(|address| within(address, *base, *bits)),
            Entry::Name { name, port: wanted } => {
                wanted.is_none_or(|wanted| wanted == port) && is_below(host.trim_end_matches('.'), name)
            }
        }
    }
}

fn is_below(host: &str, name: &str) -> bool {
    let host = host.to_ascii_lowercase();
    !name.is_empty()
        && host
            .strip_suffix(name)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn within(address: IpAddr, base: IpAddr, bits: u8) -> bool {
    let same = |a: u128, b: u128, width: u32| {
        let shift = width - u32::from(bits).min(width);
        shift >= 128 || a >> shift == b >> shift
    };
    match (address.to_canonical(), base) {
        (IpAddr::V4(a), IpAddr::V4(b)) => same(u32::from(a).into(), u32::from(b).into(), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => same(a.into(), b.into(), 128),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_cover_themselves_and_what_is_below_them() {
        let bypass = Bypass::parse("amazonaws.com, .corp.example *.lab:8443,exact.host:443");
        for (host, port) in [
            ("amazonaws.com", 443),
            ("ssm.eu-west-1.AMAZONAWS.com", 443),
            ("git.corp.example.", 22),
            ("a.lab", 8443),
            ("exact.host", 443),
        ] {
            assert!(bypass.has(host, port), "{host}:{port}");
        }
        for (host, port) in [
            ("notamazonaws.com", 443),
            ("amazonaws.com.evil.example", 443),
            ("a.lab", 443),
            ("exact.host", 80),
            ("10.0.0.1", 80),
        ] {
            assert!(!bypass.has(host, port), "{host}:{port}");
        }
    }

    #[test]
    fn networks_cover_addresses_of_their_own_family() {
        let bypass = Bypass::parse("10.0.0.0/8,192.168.7.7,fd00::/8,[::1]");
        for host in ["10.255.1.2", "192.168.7.7", "fd12::9", "::1", "::ffff:10.1.2.3"] {
            assert!(bypass.has(host, 1), "{host}");
        }
        for host in ["11.0.0.1", "192.168.7.8", "fe80::1", "::2", "ten.example"] {
            assert!(!bypass.has(host, 1), "{host}");
        }
        assert!(Bypass::parse("0.0.0.0/0").has("8.8.8.8", 1) && Bypass::parse("::/0").has("::5", 1));
        assert!(Bypass::parse("*").has("anything", 1) && !Bypass::parse("").has("anything", 1));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_fall_over(text in ".{0,60}", host in ".{0,20}", port: u16) {
            Bypass::parse(&text).has(&host, port);
        }
    }
}
