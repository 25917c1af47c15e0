//! The patterns of EC2 filters: `*` for any run of characters, `?` for exactly one, `\` before either to
//! mean itself; case matters.

/// Whether the whole of `text` matches `pattern`. Linear in memory and at worst pattern times text in time.
pub fn matches(pattern: &str, text: &str) -> bool {
    let pattern = parse(pattern);
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(Part::Run) => {
                retry = Some((p, t));
                p += 1;
            }
            Some(part) if part.takes(text[t]) => {
                p += 1;
                t += 1;
            }
            _ => match retry {
                Some((run, from)) => {
                    retry = Some((run, from + 1));
                    p = run + 1;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|part| matches!(part, Part::Run))
}

enum Part {
    Run,
    One,
    Exactly(char),
}

impl Part {
    fn takes(&self, c: char) -> bool {
        match self {
            Part::Run | Part::One => true,
            Part::Exactly(wanted) => *wanted == c,
        }
    }
}

fn parse(pattern: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        parts.push(match c {
            '*' => Part::Run,
            '?' => Part::One,
            '\\' => Part::Exactly(chars.next().unwrap_or('\\')),
            c => Part::Exactly(c),
        });
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_and_question_marks_match_as_ec2_documents() {
        for (pattern, text, expected) in [
            ("prod", "prod", true),
            ("prod", "production", false),
            ("prod*", "production", true),
            ("*api*", "checkout-api-01", true),
            ("web-??", "web-07", true),
            ("web-??", "web-7", false),
            ("*", "", true),
            ("?", "", false),
            ("\\*", "*", true),
            ("\\*", "x", false),
            ("결제*", "결제-정산", true),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbYbZ", false),
            ("PROD", "prod", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} on {text}");
        }
    }
}
