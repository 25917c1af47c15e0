//! What somebody may run: pages whose audience they are among, and for whom the configuration says so nothing but that, with
//! values of a stated form. It keeps people on the path that was made for them; AWS's own permissions are the wall.

use std::collections::BTreeSet;

use super::is_variable;
use super::page::Page;
use super::plan::{Plan, Step, What};
use crate::config::Config;
use crate::runbook::placeholder::{expands, name};

/// For one person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalogue {
    /// Only what it lists is run, and nothing is typed freely.
    pub is_only: bool,
    roles: BTreeSet<String>,
    /// Roles mean nothing where the configuration has none.
    has_roles: bool,
}

/// Why a page is not run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Forbidden {
    #[error("{page} is for {audience}, and you are {roles}")]
    Audience {
        page: String,
        audience: String,
        roles: String,
    },
    #[error("{page} takes any text for {variable}, and a catalogue takes none")]
    FreeText { page: String, variable: String },
    #[error("{page} leaves step {step} to be typed")]
    Unsure { page: String, step: String },
    #[error("{0} is no runbook of the library")]
    Stranger(String),
}

impl Forbidden {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Forbidden::Audience { .. } => {
                "`qd runbooks catalogue` lists what you may run; [[roles]] says who is who"
            }
            Forbidden::FreeText { .. } => {
                "its owner gives the variable `match: '^…$'` or `choose` under vars"
            }
            Forbidden::Unsure { .. } => "its owner labels the block as sh",
            Forbidden::Stranger(_) => "`qd runbooks catalogue` lists what you may run",
        }
    }
}

/// Whether the roles of a configuration want to know who the caller is at AWS.
pub fn wants_arn(config: &Config) -> bool {
    let mut who = config.roles.iter().flat_map(|role| &role.who);
    who.any(|who| who.starts_with("arn:"))
}

impl Catalogue {
    /// What the configuration says of a user of this machine, and of the caller as AWS knows it.
    pub fn of(config: &Config, user: Option<&str>, arn: Option<&str>) -> Catalogue {
        let is = |who: &str| match who.starts_with("arn:") {
            true => arn.is_some_and(|arn| is_match(who, arn)),
            false => user == Some(who),
        };
        let roles: BTreeSet<String> = config
            .roles
            .iter()
            .filter(|role| role.who.iter().any(|who| is(who)))
            .map(|role| role.name.clone())
            .collect();
        let for_them = config
            .runbooks
            .catalogue_for
            .iter()
            .any(|role| roles.contains(role));
        Catalogue {
            is_only: config.runbooks.catalogue || for_them,
            roles,
            has_roles: !config.roles.is_empty(),
        }
    }

    /// Whether they are among a page's audience. Nobody is shut out by words that the configuration gives no meaning.
    pub fn admits(&self, audience: &[String]) -> bool {
        let matters = self.has_roles || self.is_only;
        !matters || audience.is_empty() || audience.iter().any(|role| self.roles.contains(role))
    }

    /// Whether a page may be run by them.
    pub fn check(&self, plan: &Plan) -> Result<(), Forbidden> {
        let page = || plan.title.clone();
        let audience = &plan.manifest.audience;
        if !self.admits(audience) {
            let roles: Vec<&str> = self.roles.iter().map(String::as_str).collect();
            return Err(Forbidden::Audience {
                page: page(),
                audience: audience.join(", "),
                roles: match roles.is_empty() {
                    true => "in no role".into(),
                    false => roles.join(", "),
                },
            });
        }
        if !self.is_only {
            return Ok(());
        }
        for step in plan.steps.iter().chain(&plan.rollbacks) {
            if step.is_unsure() {
                let step = step.id.clone();
                return Err(Forbidden::Unsure { page: page(), step });
            }
            if let Some(variable) = wanted(plan, step)
                .into_iter()
                .find(|wanted| is_free(plan, wanted))
            {
                return Err(Forbidden::FreeText {
                    page: page(),
                    variable,
                });
            }
        }
        Ok(())
    }

    /// The pages of a library that they may run, with what stands against the others.
    pub fn list<'a>(&self, pages: impl Iterator<Item = &'a Page>) -> Vec<(&'a Page, Result<Plan, String>)> {
        let read = |page: &'a Page| {
            let plan = match Plan::parse(&page.path, &page.name, &page.text) {
                Ok(plan) => plan,
                Err(bad) => return Some((page, Err(bad.to_string()))),
            };
            if plan.steps.is_empty() {
                return None;
            }
            match self.check(&plan) {
                Ok(()) => Some((page, Ok(plan))),
                Err(why) => Some((page, Err(format!("{why}; {}", why.hint())))),
            }
        };
        pages.filter_map(read).collect()
    }
}

/// Names that a run asks values for though the page declares none of them, each once, in the order of its steps.
pub fn undeclared(plan: &Plan) -> Vec<String> {
    let captured = captured(plan);
    let declared: BTreeSet<String> = plan.manifest.variables.keys().map(|key| name(key)).collect();
    let mut found: Vec<String> = Vec::new();
    for step in plan.steps.iter().chain(&plan.rollbacks) {
        let asked = match &step.what {
            What::Commands(block) => block.keys.clone(),
            What::Call(call) => call.placeholders().into_iter().collect(),
            What::Task(_) => Vec::new(),
        };
        for asked in step.inputs.iter().map(|input| name(input)).chain(asked) {
            if !declared.contains(&asked) && !captured.contains(&asked) && !found.contains(&asked) {
                found.push(asked);
            }
        }
    }
    found
}

/// Names that a step gives a value to, for those behind it.
fn captured(plan: &Plan) -> BTreeSet<String> {
    let captures = plan
        .steps
        .iter()
        .filter_map(|step| step.attributes.capture.as_ref());
    captures.map(|capture| name(&capture.name)).collect()
}

/// Names that a step wants values for, or gets them by.
fn wanted(plan: &Plan, step: &Step) -> BTreeSet<String> {
    let captured = captured(plan);
    let mut wanted: BTreeSet<String> = step.inputs.iter().map(|input| name(input)).collect();
    match &step.what {
        What::Commands(block) => {
            let written = block
                .commands
                .iter()
                .flat_map(|command| block.placeholders_of(command));
            wanted.extend(written.map(|found| found.name));
            let expanded =
                |variable: &&String| block.commands.iter().any(|command| expands(command, variable));
            let declared = plan.manifest.variables.keys();
            wanted.extend(declared.filter(expanded).map(|variable| name(variable)));
            let unasked = step.environment.iter().cloned().chain(block.takes());
            wanted.extend(unasked.map(|variable| name(&variable)));
        }
        What::Call(call) => wanted.extend(call.placeholders()),
        What::Task(_) => {}
    }
    wanted.retain(|wanted| !captured.contains(wanted));
    wanted
}

/// Whether anything may be typed for it.
fn is_free(plan: &Plan, wanted: &str) -> bool {
    let declared = plan
        .manifest
        .variables
        .iter()
        .find(|(known, _)| is_variable(known) && name(known) == wanted);
    match declared {
        None => true,
        Some((_, variable)) => {
            variable.choose.is_empty() && !variable.is_whole_form() && variable.parameter().is_none()
        }
    }
}

/// A pattern in which `*` stands for anything.
fn is_match(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Duty;
    use std::path::Path;

    fn config() -> Config {
        let role = |name: &str, who: &[&str]| Duty {
            name: name.into(),
            who: who.iter().map(|who| who.to_string()).collect(),
        };
        Config {
            roles: vec![
                role("newcomer", &["kim"]),
                role("oncall", &["mara", "arn:aws:sts::*:assumed-role/OnCall/*"]),
            ],
            ..Config::default()
        }
    }

    fn plan(matter: &str, block: &str) -> Plan {
        let text = format!("---\n{matter}---\n# T\n\n```sh\n{block}\n```\n");
        Plan::parse(Path::new("p.md"), "p.md", &text).unwrap()
    }

    #[test]
    fn an_audience_is_met_by_user_or_by_arn_and_means_nothing_without_roles() {
        let page = plan("audience: [oncall]\n", "ls");
        let may =
            |user: &str, arn: Option<&str>| Catalogue::of(&config(), Some(user), arn).check(&page).is_ok();
        assert!(may("mara", None) && !may("kim", None));
        let arn = "arn:aws:sts::123456789012:assumed-role/OnCall/kim";
        assert!(may("kim", Some(arn)) && !may("kim", Some("arn:aws:iam::123456789012:user/OnCall")));
        assert_eq!(
            Catalogue::of(&Config::default(), Some("kim"), None).check(&page),
            Ok(())
        );
        assert!(
            Catalogue::of(&config(), Some("kim"), None)
                .check(&plan("owner: x\n", "ls"))
                .is_ok()
        );
    }

    #[test]
    fn what_a_page_leaves_undeclared_is_told_as_it_will_be_asked() {
        let page = plan(
            "vars: {NODE: {match: '^x$'}}\n",
            "echo <node> <pod-name> $ZONE <pod-name> $HOME",
        );
        assert_eq!(undeclared(&page), ["pod_name", "zone"]);
        let text = "# T\n\n```sh {capture=TOK}\nuuidgen\n```\n\n```sh\necho $TOK\n```\n";
        let page = Plan::parse(Path::new("p.md"), "p.md", text).unwrap();
        assert_eq!(undeclared(&page), Vec::<String>::new());
    }

    #[test]
    fn a_catalogue_takes_values_of_a_stated_form_and_nothing_else() {
        let mut config = config();
        let may = |config: &Config, vars: &str, block: &str| {
            let page = plan(&format!("vars: {{{vars}}}\n"), block);
            Catalogue::of(config, Some("kim"), None).check(&page).is_ok()
        };
        assert!(
            may(&config, "", "echo <anything>"),
            "without a catalogue values are free"
        );
        config.runbooks.catalogue_for = vec!["newcomer".into()];
        assert!(!may(&config, "", "echo <anything>"));
        assert!(may(&config, "a: {choose: [x, y]}", "echo {{a}}"));
        assert!(may(&config, "a: {match: '^[a-z]+$'}", "echo {{a}}"));
        assert!(
            !may(&config, "a: {match: '[a-z]+'}", "echo {{a}}"),
            "open at both ends"
        );
        assert!(
            !may(&config, "a: {from: target.region}", "echo {{a}}"),
            "--set gives it any text"
        );
        assert!(!may(&config, "a: {secret: ask}", "echo $a"));
        assert!(may(&config, "A: {secret: 'ssm:/a'}", "echo $A"));
        assert!(!may(&config, "", "echo ${A:-x}") && !may(&config, "", "echo $((A + 1))"));
        assert!(
            !may(&config, "A: {default: x}", "./tool"),
            "the program may look for it"
        );
        assert!(!Catalogue::of(&config, Some("mara"), None).is_only);
    }
}
