//! `qd sim` as a process of its own, and a home whose AWS profiles and configuration lead to it.

use crate::rig::{QD, worked_s};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

pub struct Cloud {
    child: Child,
    /// What the simulator said first.
    pub said: serde_json::Value,
}

impl Cloud {
    pub fn start(args: &[&str]) -> Cloud {
        let mut child = Command::new(QD)
            .arg("sim")
            .args(args)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        Cloud {
            child,
            said: serde_json::from_str(&line).unwrap(),
        }
    }

    pub fn endpoint_url(&self) -> &str {
        self.said["endpoint_url"].as_str().unwrap()
    }

    /// Seconds of processor time so far.
    pub fn worked_s(&self) -> f64 {
        worked_s(self.child.id())
    }

    /// `host:port`.
    pub fn address(&self) -> String {
        self.endpoint_url().trim_start_matches("http://").to_owned()
    }

    /// Writes profiles and configuration for every account below `home`; `endpoint_url` may lie before this one.
    pub fn furnish(&self, home: &Path, endpoint_url: &str) {
        let accounts = self.said["accounts"].as_array().unwrap();
        let (mut profiles, mut regions) = (Vec::new(), Vec::new());
        let (mut config, mut keys) = (String::new(), String::new());
        for account in accounts {
            let of = |name: &str| account[name].as_str().unwrap();
            let own: Vec<&str> = account["regions"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(|r| r.as_str())
                .collect();
            config += &format!("[profile {}]\nregion = {}\n", of("name"), own[0]);
            keys += &format!(
                "[{}]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
                of("name"),
                of("access_key_id"),
                of("secret_access_key")
            );
            profiles.push(of("name"));
            regions.extend(
                own.into_iter()
                    .filter(|region| !regions.contains(region))
                    .collect::<Vec<_>>(),
            );
        }
        let aws = home.join(".aws");
        std::fs::create_dir_all(&aws).unwrap();
        std::fs::write(aws.join("config"), config).unwrap();
        std::fs::write(aws.join("credentials"), keys).unwrap();
        let top =
            format!("profiles = {profiles:?}\nregions = {regions:?}\nendpoint_url = \"{endpoint_url}\"\n");
        configure(home, &top);
    }
}

/// The configuration of a home, with no reason asked before a session.
pub fn configure(home: &Path, top: &str) {
    let folder = home.join(".config/quarterdeck");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(
        folder.join("config.toml"),
        format!("{top}[session]\nreason = \"never\"\n"),
    )
    .unwrap();
}

impl Drop for Cloud {
    fn drop(&mut self) {
        let id = nix::unistd::Pid::from_raw(self.child.id() as i32);
        let _ = nix::sys::signal::kill(id, nix::sys::signal::Signal::SIGTERM);
        let _ = self.child.wait();
    }
}
