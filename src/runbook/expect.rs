//! Whether a step did what its page promised, and what it leaves for later steps: exit codes, `[..]` and `/…/` patterns,
//! whole sample outputs, values taken out of JSON.

mod watch;

use serde_json::Value;

use super::fence::{Capture, Exits, inside_slashes};

pub use watch::Watch;

/// Linux takes no longer string into the environment of a program, with the name before it and a zero behind.
const LONGEST: usize = 128 << 10;

/// Why an output is not the expected one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unmet {
    #[error("exit code {got}, expected {wanted}")]
    Exit { got: i32, wanted: String },
    #[error("{program} is not there: exit code {got}")]
    NoProgram { program: String, got: i32 },
    #[error("no line of the output is {}", quoted(.0))]
    Absent(String),
    #[error("no line of the output is {}, which was looked for 8 MiB at a time", quoted(.0))]
    AbsentInParts(String),
    #[error("{unmet}; {left_out} bytes in the middle of the output were too many to look at")]
    Unsure { unmet: Box<Unmet>, left_out: u64 },
    #[error("line {line} of the output should be {wanted:?}")]
    Different { line: usize, wanted: String },
    #[error("{0}")]
    Capture(String),
}

/// A pattern has signs of its own around it.
fn quoted(wanted: &str) -> String {
    match inside_slashes(wanted) {
        Some(_) => wanted.to_owned(),
        None => format!("{wanted:?}"),
    }
}

/// Without a word about it, zero is a success.
pub fn exit(code: i32, wanted: Option<&Exits>) -> Result<(), Unmet> {
    let codes = match wanted {
        Some(Exits::Any) => return Ok(()),
        Some(Exits::These(codes)) => codes.clone(),
        None => vec![0],
    };
    if codes.contains(&code) {
        return Ok(());
    }
    let codes: Vec<String> = codes.iter().map(ToString::to_string).collect();
    Err(Unmet::Exit {
        got: code,
        wanted: codes.join(" or "),
    })
}

/// What shells exit with where a command is no program that they find.
const NOT_FOUND: i32 = 127;

/// Where any code is taken for an answer, that of a shell which found no program to ask is none.
pub fn asked(code: i32, output: &str, wanted: Option<&Exits>) -> Result<(), Unmet> {
    match (wanted, absent(output)) {
        (Some(Exits::Any), Some(program)) if code == NOT_FOUND => {
            Err(Unmet::NoProgram { program, got: code })
        }
        _ => Ok(()),
    }
}

/// The program that a shell says it has not found: `bash: line 1: jq: command not found`, `sh: 1: jq: not found`.
fn absent(output: &str) -> Option<String> {
    let says = |line: &str| {
        let line = line.trim_end();
        let before = line
            .strip_suffix(": command not found")
            .or(line.strip_suffix(": not found"))?;
        before.rsplit(": ").next().map(str::to_owned)
    };
    output.lines().rev().find_map(says)
}

/// A `/pattern/` is sought in the whole output, `^` and `$` being the ends of its lines; a text with `[..]` must be one of its lines, or stand in one.
pub fn text(output: &str, wanted: &str) -> Result<(), Unmet> {
    match watch::is_in(output, wanted) {
        true => Ok(()),
        false => Err(Unmet::Absent(wanted.to_owned())),
    }
}

/// A sample output, line by line; a line `...` stands for any number of lines.
pub fn sample(output: &str, wanted: &str) -> Result<(), Unmet> {
    let got: Vec<&str> = output.trim_end().lines().map(str::trim_end).collect();
    let mut at = 0;
    let mut lines = wanted.trim_end().lines().map(str::trim_end).peekable();
    while let Some(line) = lines.next() {
        if line.trim() != "..." {
            if !got.get(at).is_some_and(|got| matches(got, line)) {
                return Err(different(at, line));
            }
            at += 1;
            continue;
        }
        match lines.peek() {
            None => at = got.len(),
            Some(next) => match got[at.min(got.len())..].iter().position(|got| matches(got, next)) {
                Some(ahead) => at += ahead,
                None => return Err(different(at, next)),
            },
        }
    }
    if at < got.len() {
        return Err(different(at, "the end"));
    }
    Ok(())
}

fn different(at: usize, wanted: &str) -> Unmet {
    Unmet::Different {
        line: at + 1,
        wanted: wanted.to_owned(),
    }
}

/// `[..]` stands for anything within a line.
fn matches(line: &str, wanted: &str) -> bool {
    let mut pieces = wanted.split("[..]");
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = line.strip_prefix(first) else {
        return false;
    };
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, middle)) = pieces.split_last() else {
        return rest.is_empty();
    };
    for piece in middle {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.ends_with(last)
}

/// The value that a step leaves.
pub fn captured(output: &str, capture: &Capture) -> Result<String, Unmet> {
    let value = value(output, capture)?;
    match too_long(&capture.name, value.len() as u64) {
        Some(says) => Err(Unmet::Capture(says)),
        None => Ok(value),
    }
}

/// Of an output that is too long to be kept whole there is no value: a part of one is none.
pub fn captured_of_cut(printed: u64, capture: &Capture) -> Unmet {
    let cut = || {
        format!(
            "cannot set {}: the output has {printed} bytes, of which only the beginning and the end are kept: have the step \
             print less",
            capture.name
        )
    };
    let long = too_long(&capture.name, printed).filter(|_| capture.path.is_none());
    Unmet::Capture(long.unwrap_or_else(cut))
}

/// Why programs cannot be given a value of so many bytes.
pub fn too_long(name: &str, bytes: u64) -> Option<String> {
    let most = LONGEST.saturating_sub(name.len() + 2);
    (bytes > most as u64).then(|| {
        format!(
            "cannot set {name}: the value has {bytes} bytes, and a variable takes {most} at most (128 KiB with its name): write \
             a file, and have its path as the value"
        )
    })
}

fn value(output: &str, capture: &Capture) -> Result<String, Unmet> {
    let Some(path) = &capture.path else {
        return Ok(output.trim_end_matches(['\n', '\r']).to_owned());
    };
    let fail = |says: String| Unmet::Capture(format!("cannot set {}: {says}", capture.name));
    let document: Value = serde_json::from_str(output.trim())
        .map_err(|cause| fail(format!("the output is no JSON: {cause}")))?;
    let mut value = &document;
    for part in parts(path).ok_or_else(|| fail(format!("{path} is no path")))? {
        let next = match part.parse::<usize>() {
            Ok(index) if value.is_array() => value.get(index),
            _ => value.get(&part),
        };
        value = next.ok_or_else(|| fail(format!("the output has no {path}")))?;
    }
    Ok(match value {
        Value::String(text) => text.clone(),
        Value::Null => return Err(fail(format!("{path} is null"))),
        other => other.to_string(),
    })
}

/// Whether a text is a path such as `$.a[0].b`.
pub fn is_path(path: &str) -> bool {
    parts(path).is_some()
}

fn parts(path: &str) -> Option<Vec<String>> {
    let mut rest = path.strip_prefix('$')?;
    let mut parts = Vec::new();
    while !rest.is_empty() {
        if let Some(name) = rest.strip_prefix('.') {
            let end = name.find(['.', '[']).unwrap_or(name.len());
            parts.push(name[..end].to_owned());
            rest = &name[end..];
        } else {
            let (inner, after) = rest.strip_prefix('[')?.split_once(']')?;
            parts.push(inner.trim_matches(['\'', '"']).to_owned());
            rest = after;
        }
        if parts.last().is_some_and(String::is_empty) {
            return None;
        }
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_code_is_an_answer_but_that_of_a_program_which_is_not_there() {
        let any = Some(&Exits::Any);
        let said = "one\nbash: line 1: jq: command not found\n";
        let bad = asked(127, said, any).unwrap_err();
        assert_eq!(bad.to_string(), "jq is not there: exit code 127");
        assert!(asked(127, "sh: 1: /x/y: not found\n", any).is_err());
        assert!(asked(1, said, any).is_ok(), "a program answered behind it");
        assert!(asked(127, "its own answer\n", any).is_ok());
    }

    #[test]
    fn codes_texts_patterns_and_samples_decide() {
        assert!(exit(0, None).is_ok() && exit(3, Some(&Exits::These(vec![0, 3]))).is_ok());
        assert_eq!(exit(1, None).unwrap_err().to_string(), "exit code 1, expected 0");
        assert!(text("a drained b\n", "drained").is_ok());
        assert!(text("x drained in 7 s\n", "x drained in [..] s").is_ok());
        assert!(text("x drained in 7 s!\n", "x drained in [..] s").is_err());
        assert!(text("n1 Ready\n", "/n\\d Ready/").is_ok());
        for pattern in ["/rows$/", "/^12 rows$/", "/^b$/"] {
            assert!(text("a\n12 rows\r\nb\n", pattern).is_ok(), "{pattern}");
        }
        assert!(text("12 rows or so\n", "/rows$/").is_err());
        assert!(sample("a\nb 1\nc\nd\n", "a\nb [..]\n...\nd\n").is_ok());
        assert_eq!(
            sample("a\nx\n", "a\nb\n"),
            Err(Unmet::Different {
                line: 2,
                wanted: "b".into()
            })
        );
        assert!(sample("a\nb\n", "a\n").is_err());
        assert!(sample("", "...\n").is_ok());
    }

    #[test]
    fn a_capture_takes_the_output_or_a_path_of_it() {
        let capture = |path: Option<&str>| Capture {
            name: "V".into(),
            path: path.map(str::to_owned),
        };
        assert_eq!(captured("x y\n\n", &capture(None)).unwrap(), "x y");
        let json = r#"{"a":[{"b":"x"},{"b":2}],"n":null}"#;
        assert_eq!(captured(json, &capture(Some("$.a[0].b"))).unwrap(), "x");
        assert_eq!(captured(json, &capture(Some("$['a'][1]['b']"))).unwrap(), "2");
        assert!(captured(json, &capture(Some("$.a[7].b"))).is_err());
        assert!(captured(json, &capture(Some("$.n"))).is_err());
        assert!(captured("no", &capture(Some("$.a"))).is_err());
    }

    #[test]
    fn a_value_is_as_long_as_a_program_s_environment_takes_it() {
        let capture = Capture {
            name: "IDS".into(),
            path: None,
        };
        let most = "x".repeat(LONGEST - "IDS=".len() - 1);
        assert_eq!(captured(&format!("{most}\n"), &capture).as_ref(), Ok(&most));
        let starts = |value: &str| {
            let mut program = std::process::Command::new("true");
            program.env("IDS", value).status().is_ok()
        };
        let longer = format!("{most}x");
        if cfg!(target_os = "linux") {
            assert_eq!((starts(&most), starts(&longer)), (true, false));
        }
        let says = captured(&longer, &capture).unwrap_err().to_string();
        assert!(
            says.contains("131068 bytes") && says.contains("131067 at most"),
            "{says}"
        );
        let says = captured_of_cut(9_000_005, &capture).to_string();
        assert!(says.contains("the value has 9000005 bytes"), "{says}");
    }
}
