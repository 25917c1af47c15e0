//! A PowerShell block on a Windows machine. Its sessions have no shell that a run could feed, so each block goes through Run
//! Command as a process of its own, recorded like every command on many machines. What AWS keeps in clear holds no secret.

use tokio::sync::mpsc;

use super::call::Over;
use super::journal::Error;
use super::record::Outcome;
use super::shell::{Opener, Stop, beyond};
use super::step::{Task, Went};
use super::target::Target;
use crate::fanout::{self, Limits};
use crate::runbook::Filled;

/// The first error ends the block, and a name that nothing has set is one; what a program left as its code is the block's.
const BEFORE: &str = "$ErrorActionPreference = 'Stop'\nSet-StrictMode -Version 1\n$global:LASTEXITCODE = 0\n";
const BEHIND: &str = "\nexit $LASTEXITCODE\n";

/// A literal of PowerShell: it takes five characters for single quotes, and each of them twice for one.
/// <https://learn.microsoft.com/powershell/scripting/lang-spec/chapter-02> (2.3.5.2).
fn literal(value: &str) -> String {
    let doubled = value.chars().flat_map(|c| {
        let is_quote = matches!(c, '\'' | '\u{2018}'..='\u{201b}');
        std::iter::repeat_n(c, 1 + usize::from(is_quote))
    });
    format!("'{}'", doubled.collect::<String>())
}

/// The whole of what is sent: values first, under both of the names by which a script asks for them.
fn script(filled: &Filled, folder: Option<&str>) -> String {
    let mut script = BEFORE.to_owned();
    for (name, value) in filled.learnt.iter().chain(&filled.exports) {
        let value = literal(value);
        script.push_str(&format!("${name} = {value}\n$env:{name} = {value}\n"));
    }
    if let Some(folder) = folder {
        script.push_str(&format!("Set-Location -LiteralPath {}\n", literal(folder)));
    }
    script.push_str(&filled.commands.join("\n"));
    script.push_str(BEHIND);
    script
}

impl Task {
    /// Runs the block there, as often as the page allows.
    pub async fn powershell(
        &mut self,
        target: &Target,
        filled: &Filled,
        attempts_before: u32,
        opener: &Opener,
    ) -> Result<Went, Error> {
        let id = target.machine.id.clone();
        let (retries, pause) = self.step.attributes.retry.unwrap_or_default();
        let mut nth = 1;
        loop {
            let attempt = attempts_before + nth;
            let started_at = self.open(&id, attempt, &filled.commands).await?;
            let over = self.on_windows(target, filled, opener).await;
            let went = self.close(&id, attempt, started_at, over).await?;
            if went.outcome != Outcome::Failed || nth > retries {
                return Ok(went);
            }
            let stopped = beyond(&mut self.stop, Stop::No);
            if tokio::time::timeout(pause, stopped).await.is_ok() {
                return Ok(went);
            }
            nth += 1;
        }
    }

    async fn on_windows(&mut self, target: &Target, filled: &Filled, opener: &Opener) -> Over {
        let Some(far) = &target.far else {
            return Over::failed("it is for PowerShell, and there is none here");
        };
        let lasts = self.step.timeout(&self.plan.manifest);
        let request = fanout::Request {
            cloud: far.cloud.clone(),
            nodes: vec![far.node.clone()],
            tags: None,
            text: script(filled, self.step.attributes.cwd.as_deref()),
            reason: opener.reason.clone(),
            limits: Limits {
                lasts_seconds: u32::try_from(lasts.as_secs()).unwrap_or(u32::MAX).max(1),
                ..Limits::default()
            },
            output: None,
            mode: far.mode,
            recipients: far.recipients.clone(),
            data_dir: opener.data_dir.clone(),
        };
        match fanout::start(request).await {
            Ok((run, heard)) => self.follow_powershell(&target.machine.id, &run, heard).await,
            Err(refused) => Over::failed(format!("{refused}; {}", refused.hint)),
        }
    }

    async fn follow_powershell(
        &mut self,
        id: &str,
        run: &fanout::Run,
        mut heard: mpsc::Receiver<fanout::Event>,
    ) -> Over {
        let mut stop = self.stop.clone();
        let mut is_stopped = false;
        let mut why = String::from("nothing was heard of it");
        loop {
            let event = tokio::select! {
                event = heard.recv() => event,
                _ = beyond(&mut stop, Stop::No), if !is_stopped => {
                    is_stopped = true;
                    run.cancel();
                    continue;
                }
            };
            match event {
                None => return Over::failed(why),
                Some(fanout::Event::Over(outcome)) => return self.ended(id, *outcome, is_stopped).await,
                Some(fanout::Event::Failed(failure)) => why = format!("{failure}; {}", failure.hint),
                Some(fanout::Event::Unrecorded { says, over: true }) => {
                    return Over::failed(format!("it cannot be recorded: {says}"));
                }
                Some(_) => {}
            }
        }
    }

    async fn ended(&self, id: &str, came: fanout::Outcome, is_stopped: bool) -> Over {
        let mut output = String::new();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace('\r', "");
        let said = text(&came.stdout) + &text(&came.stderr);
        if !said.is_empty() {
            self.tell(id, said, &mut output).await;
        }
        if came.is_cut {
            let says = "[AWS shows no more of it]\n".to_owned();
            self.tell(id, says, &mut output).await;
        }
        let told = came.says.clone().unwrap_or_else(|| came.status.clone());
        let outcome = match came.exit_code.filter(|_| !is_stopped) {
            _ if is_stopped => (Outcome::Stopped, "it was cancelled".to_owned(), None),
            _ if came.status.contains("TimedOut") => (Outcome::TimedOut, told, None),
            None => (Outcome::Failed, told, None),
            Some(code) => match self.judge(code, &output, came.is_cut) {
                Ok(captured) => (Outcome::Success, String::new(), captured),
                Err(unmet) => (Outcome::Failed, unmet.to_string(), None),
            },
        };
        let (outcome, says, captured) = outcome;
        Over {
            outcome,
            exit: came.exit_code,
            says,
            output,
            captured,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stays_a_value_in_powershell_whatever_quotes_it_holds() {
        assert_eq!(literal("a; Stop-Computer"), "'a; Stop-Computer'");
        assert_eq!(
            literal("it's $(x) \u{2018}y\u{2019}"),
            "'it''s $(x) \u{2018}\u{2018}y\u{2019}\u{2019}'"
        );
        let filled = Filled {
            exports: [("DIR".to_owned(), "C:\\a b".to_owned())].into(),
            commands: vec!["Get-ChildItem $DIR".into()],
            ..Filled::default()
        };
        let script = script(&filled, Some("D:\\"));
        let wanted = "$DIR = 'C:\\a b'\n$env:DIR = 'C:\\a b'\nSet-Location -LiteralPath 'D:\\'\nGet-ChildItem $DIR\nexit";
        assert!(script.contains(wanted), "{script}");
    }
}
