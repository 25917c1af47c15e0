//! `qd sim` as a child: its first line has the endpoint and the keys, which go to `qd` by AWS's own variables or
//! by a file of profiles.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use futures_util::StreamExt;
use pty_process::blocking;
use quarterdeck::aws::{Cloud, Place, SessionQuery, SessionRow, Settings, StaticAccount};
use serde_json::Value;

use super::home::Home;

/// A fleet file: one account in these regions, with machines of name, region and agent; none is production.
pub fn fleet(regions: &[&str], machines: &[(&str, &str, &str)]) -> String {
    let mut text = format!(
        "[[accounts]]\nid = \"613489207754\"\nname = \"shop\"\nregions = {regions:?}\npayer = true\n"
    );
    for (name, region, agent) in machines {
        text += &format!(
            "\n[[instances]]\nname = {name:?}\nregions = [{region:?}]\nagent = {agent:?}\ntags = {{ env = \"test\" }}\n"
        );
    }
    text
}

/// The smallest fleet: `checkout`, online in us-east-1.
pub fn shop() -> String {
    fleet(&["us-east-1"], &[("checkout", "us-east-1", "online")])
}

pub struct Sim {
    child: Child,
    pub line: Value,
}

impl Sim {
    /// A simulator with a fleet file and faults; shells are those of this machine, in the home's folder.
    pub fn start(home: &Home, fleet: &str, args: &[&str]) -> Self {
        let file = home.path().join("fleet.toml");
        std::fs::write(&file, fleet).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_qd"))
            .args(["sim", "--unpaced", "--fleet"])
            .arg(&file)
            .args(args)
            .env("HOME", home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let line = serde_json::from_str(&line).unwrap_or_else(|bad| panic!("{bad}: {line}"));
        Self { child, line }
    }

    pub fn text(&self, field: &str) -> String {
        self.line[field].as_str().unwrap().to_owned()
    }

    /// The id of the first task of a cluster.
    pub fn task(&self, cluster: &str) -> String {
        let tasks = self.line["tasks"].as_array().unwrap();
        let ids = tasks.iter().filter_map(|task| task.as_str()?.split_once('/'));
        let (_, id) = ids.into_iter().find(|(name, _)| *name == cluster).unwrap();
        id.to_owned()
    }

    /// Of the first account.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let account = &self.line["accounts"][0];
        let field = |name: &str| account[name].as_str().unwrap().to_owned();
        vec![
            ("AWS_ENDPOINT_URL", self.text("endpoint_url")),
            ("AWS_ACCESS_KEY_ID", field("access_key_id")),
            ("AWS_SECRET_ACCESS_KEY", field("secret_access_key")),
            (
                "AWS_SESSION_TOKEN",
                account["session_token"].as_str().unwrap_or_default().to_owned(),
            ),
            ("AWS_REGION", self.text("region")),
        ]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .collect()
    }

    /// The first account, as the SDK reaches it.
    pub fn cloud(&self, region: &str) -> (Cloud, Place) {
        let account = &self.line["accounts"][0];
        let field = |name: &str| account[name].as_str().unwrap_or_default().to_owned();
        let account = StaticAccount {
            name: field("name"),
            id: field("id"),
            access_key_id: field("access_key_id"),
            secret_access_key: field("secret_access_key"),
            session_token: None,
            regions: vec![region.to_owned()],
        };
        let settings = Settings {
            accounts: vec![account],
            endpoint_url: Some(self.text("endpoint_url")),
            ..Settings::default()
        };
        let place = Place {
            profile: field("name"),
            region: region.to_owned(),
        };
        (Cloud::connect(settings), place)
    }

    /// Somebody else ends every session of a region.
    pub fn end_sessions(&self, region: &str) {
        let open = self.sessions(region, false);
        let (cloud, place) = self.cloud(region);
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            for session in open {
                cloud
                    .terminate_session(&place, &session.session_id)
                    .await
                    .unwrap();
            }
        });
    }

    /// What DescribeSessions says of a region, over or still open.
    pub fn sessions(&self, region: &str, history: bool) -> Vec<SessionRow> {
        let (cloud, place) = self.cloud(region);
        let query = SessionQuery {
            history,
            ..SessionQuery::default()
        };
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let mut pages = cloud.fetch_sessions(&place, query).await;
            let mut rows = Vec::new();
            while let Some(page) = pages.next().await {
                rows.extend(page.unwrap());
            }
            rows
        })
    }

    /// Sessions that nobody told AWS to end; one that it was told of is on its way.
    pub fn left_open(&self, region: &str) -> Vec<SessionRow> {
        let mut rows = self.sessions(region, false);
        rows.retain(|row| row.status != "Terminating");
        rows
    }

    pub fn console(&self, home: &Home, args: &[&str]) -> blocking::Command {
        home.console(args).envs(self.variables())
    }

    pub fn qd(&self, home: &Home, args: &[&str]) -> Command {
        let mut command = home.qd(args);
        command.envs(self.variables());
        command
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        // Asked to end, so that no shell of it is left.
        let pid = nix::unistd::Pid::from_raw(self.child.id() as i32);
        let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM);
        let _ = self.child.wait();
    }
}
