//! Keys to commands: the table's defaults for each place, the user's `[keys]` over them. A place's own key wins
//! over the one that works anywhere; the right-hand side of a user's key is a command line.

use std::collections::HashMap;

use crate::config::keys::{self, BadKey, Binding, KeyMap, Stroke};

use super::command::{BadCommand, Command, NEAR, Place, TABLE};

/// The key map of every place.
#[derive(Debug, Clone)]
pub struct Bindings {
    maps: HashMap<Place, KeyMap<Command>>,
}

/// A key that cannot be bound.
#[derive(Debug, thiserror::Error)]
pub enum BadBinding {
    #[error("the table's key \"{keys}\" for {of}: {cause}")]
    Table {
        keys: &'static str,
        of: &'static str,
        cause: BadKey,
    },
    #[error("line {line}: [keys] \"{keys}\" = \"{command}\": {cause}")]
    Command {
        line: usize,
        keys: String,
        command: String,
        cause: BadCommand,
    },
}

/// What the strokes typed so far amount to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// A whole sequence.
    Command(Command),
    /// The beginning of one or more; shown with what may follow.
    Pending(Vec<(Stroke, String)>),
    Nothing,
}

impl Bindings {
    /// The table's keys, with the user's over them.
    pub fn new(users: &[Binding]) -> Result<Self, BadBinding> {
        let mut maps: HashMap<Place, KeyMap<Command>> = HashMap::new();
        for place in Place::ALL {
            let map = maps.entry(place).or_default();
            let rows = TABLE
                .iter()
                .filter(|spec| spec.place == Place::Anywhere || spec.place == place);
            let (general, own): (Vec<_>, Vec<_>) = rows.partition(|spec| spec.place == Place::Anywhere);
            let rows = general.into_iter().chain(own).map(|spec| (spec.verb, spec.keys));
            let near = NEAR.iter().filter(|(of, ..)| *of == place);
            for (verb, keys) in rows.chain(near.map(|(_, verb, keys)| (*verb, *keys))) {
                for text in keys.split(", ").filter(|text| !text.is_empty()) {
                    let strokes = keys::parse(text).map_err(|cause| BadBinding::Table {
                        keys,
                        of: verb.spec().name,
                        cause,
                    })?;
                    map.replace(&strokes, verb.into());
                }
            }
        }
        let mut bindings = Self { maps };
        for binding in users {
            bindings.bind(binding)?;
        }
        Ok(bindings)
    }

    /// A user's key: a command line, or nothing to take the key away.
    fn bind(&mut self, binding: &Binding) -> Result<(), BadBinding> {
        if binding.command.is_empty() {
            for map in self.maps.values_mut() {
                map.unbind(&binding.strokes);
            }
            return Ok(());
        }
        let command = Command::parse(&binding.command).map_err(|cause| BadBinding::Command {
            line: binding.line,
            keys: keys::print(&binding.strokes).to_string(),
            command: binding.command.clone(),
            cause,
        })?;
        let place = command.spec().place;
        for (each, map) in &mut self.maps {
            if place == Place::Anywhere || place == *each {
                map.replace(&binding.strokes, command.clone());
            }
        }
        Ok(())
    }

    /// What `typed` means in a place.
    pub fn look_up(&self, place: Place, typed: &[Stroke]) -> Meaning {
        let Some(map) = self.maps.get(&place) else {
            return Meaning::Nothing;
        };
        if let Some((_, command)) = map.bindings().into_iter().find(|(strokes, _)| strokes == typed) {
            return Meaning::Command(command.clone());
        }
        let following: Vec<_> = map
            .following(typed)
            .into_iter()
            .map(|(stroke, command)| {
                (
                    stroke,
                    command.map_or("…", |command| command.spec().help).to_owned(),
                )
            })
            .collect();
        if following.is_empty() {
            Meaning::Nothing
        } else {
            Meaning::Pending(following)
        }
    }

    /// The keys of a command in a place, as a person writes them, the shortest first.
    pub fn keys_of(&self, place: Place, command: &Command) -> Vec<String> {
        let Some(map) = self.maps.get(&place) else {
            return Vec::new();
        };
        let mut keys = map.strokes_of(command);
        keys.sort_by_key(Vec::len);
        keys.iter()
            .map(|strokes| keys::print(strokes).to_string())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::command::Verb;
    use super::*;

    fn bindings(users: &[(&str, &str)]) -> Result<Bindings, BadBinding> {
        let binding = |(text, command): &(&str, &str)| Binding {
            strokes: keys::parse(text).unwrap(),
            command: command.to_string(),
            line: 3,
        };
        Bindings::new(&users.iter().map(binding).collect::<Vec<_>>())
    }

    fn typed(bindings: &Bindings, place: Place, text: &str) -> Meaning {
        bindings.look_up(place, &keys::parse(text).unwrap())
    }

    #[test]
    fn every_default_key_parses() {
        bindings(&[]).unwrap();
    }

    #[test]
    fn a_place_wins_over_anywhere() {
        let bindings = bindings(&[]).unwrap();
        assert_eq!(
            typed(&bindings, Place::Fleet, "j"),
            Meaning::Command(Verb::Down.into())
        );
        assert_eq!(
            typed(&bindings, Place::Pane, "j"),
            Meaning::Command(Verb::ScrollDown.into())
        );
    }

    #[test]
    fn a_sequence_waits_and_says_what_may_follow() {
        let bindings = bindings(&[]).unwrap();
        let Meaning::Pending(following) = typed(&bindings, Place::Fleet, "g") else {
            panic!("not pending")
        };
        assert!(following.len() > 5);
        assert_eq!(
            typed(&bindings, Place::Fleet, "g g"),
            Meaning::Command(Verb::Top.into())
        );
    }

    #[test]
    fn a_users_key_is_a_command_line() {
        let bindings = bindings(&[("C-t", "app.theme dusk")]).unwrap();
        let Meaning::Command(command) = typed(&bindings, Place::Costs, "C-t") else {
            panic!("not bound")
        };
        assert_eq!((command.verb, command.argument.as_str()), (Verb::Theme, "dusk"));
    }

    #[test]
    fn a_users_key_with_a_wrong_command_is_named() {
        let says = bindings(&[("C-t", "app.them dusk")]).unwrap_err().to_string();
        assert!(says.contains("C-t") && says.contains("app.theme"), "{says}");
    }
}
