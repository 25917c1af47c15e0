//! Which process holds a port, as far as this user may see it: `/proc` on Linux, silence elsewhere.

use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use super::table::{rows, written};

/// Name and number of a process that listens on the address, or on all addresses with that port.
pub fn of(address: SocketAddr) -> Option<String> {
    let (wanted, all) = (written(address), written(everywhere(address)));
    let listens = rows(address.is_ipv4())
        .find(|row| row.is_listening() && (row.local() == wanted || row.local() == all))?;
    let link = format!("socket:[{}]", listens.inode());
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

/// The same port on all addresses.
fn everywhere(address: SocketAddr) -> SocketAddr {
    let host = if address.is_ipv4() {
        Ipv4Addr::UNSPECIFIED.into()
    } else {
        Ipv6Addr::UNSPECIFIED.into()
    };
    SocketAddr::new(host, address.port())
}
