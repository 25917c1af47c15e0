//! Which process holds a port, as far as this user may see it: `/proc` on Linux, silence elsewhere.

use std::fs;
use std::net::{IpAddr, SocketAddr};

const LISTENING: &str = "0A";

/// Name and number of a process that listens on the address, or on all addresses with that port.
pub fn of(address: SocketAddr) -> Option<String> {
    let table = if address.is_ipv4() {
        "/proc/net/tcp"
    } else {
        "/proc/net/tcp6"
    };
    let table = fs::read_to_string(table).ok()?;
    let inode = inode(&table, address)?;
    let link = format!("socket:[{inode}]");
    for process in fs::read_dir("/proc").ok()?.flatten() {
        let number = process.file_name();
        // `self` and its like lead to processes that have a number as well.
        if !number.to_string_lossy().bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        let path = process.path();
        let holds = |file: fs::DirEntry| {
            fs::read_link(file.path()).is_ok_and(|target| target.as_os_str() == link.as_str())
        };
        let Ok(mut files) = fs::read_dir(path.join("fd")) else {
            continue;
        };
        if files.any(|file| file.is_ok_and(holds)) {
            let name = fs::read_to_string(path.join("comm")).ok()?;
            let clean: String = name.trim().chars().filter(|c| !c.is_control()).collect();
            return Some(format!("{clean} ({})", number.to_string_lossy()));
        }
    }
    None
}

/// Column 2 is the local address, 4 the state, 10 the inode, see proc(5).
fn inode(table: &str, address: SocketAddr) -> Option<&str> {
    table.lines().skip(1).find_map(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let (host, port) = columns.get(1)?.split_once(':')?;
        let same_port = u16::from_str_radix(port, 16) == Ok(address.port());
        let same_host = host == hex_of(address.ip()) || host.bytes().all(|digit| digit == b'0');
        (same_port && same_host && *columns.get(3)? == LISTENING).then_some(*columns.get(9)?)
    })
}

/// Each four bytes as a number of this machine.
fn hex_of(address: IpAddr) -> String {
    let bytes = match address {
        IpAddr::V4(four) => four.octets().to_vec(),
        IpAddr::V6(six) => six.octets().to_vec(),
    };
    bytes
        .chunks_exact(4)
        .map(|word| format!("{:08X}", u32::from_ne_bytes([word[0], word[1], word[2], word[3]])))
        .collect()
}
