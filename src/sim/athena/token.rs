//! A statement cut into words, texts, numbers and signs. A quote inside a text is doubled; nothing escapes otherwise.

#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    /// In lower case, as names and keywords compare.
    Word(String),
    /// A name in double quotes.
    Name(String),
    Text(String),
    Number(u32),
    Sign(&'static str),
}

const SIGNS: [&str; 12] = ["<=", ">=", "<>", "<", ">", "=", "(", ")", "[", "]", ",", "."];

/// The tokens with the lines that they stand on, from 1.
pub fn cut(text: &str) -> Result<Vec<(Token, usize)>, String> {
    let (mut tokens, mut rest, mut line) = (Vec::new(), text, 1);
    while let Some(first) = rest.chars().next() {
        let wrong = |what: &str| format!("line {line}:1: {what}");
        let length = match first {
            '\n' => {
                line += 1;
                1
            }
            _ if first.is_whitespace() => first.len_utf8(),
            // A comment, up to the end of its line.
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '\'' | '"' => {
                let (inside, length) = quoted(rest, first).ok_or_else(|| wrong("a quote is not closed"))?;
                let token = if first == '"' {
                    Token::Name(inside)
                } else {
                    Token::Text(inside)
                };
                tokens.push((token, line));
                length
            }
            'a'..='z' | 'A'..='Z' | '_' => {
                let end = rest
                    .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                    .unwrap_or(rest.len());
                tokens.push((Token::Word(rest[..end].to_lowercase()), line));
                end
            }
            '0'..='9' => {
                let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
                let number = rest[..end]
                    .parse()
                    .map_err(|_| wrong("the number is too large"))?;
                tokens.push((Token::Number(number), line));
                end
            }
            _ => {
                let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign));
                let sign = sign.ok_or_else(|| wrong(&format!("mismatched input {first:?}")))?;
                tokens.push((Token::Sign(sign), line));
                sign.len()
            }
        };
        rest = &rest[length..];
    }
    Ok(tokens)
}

/// What stands between quotes, and how long it is with them.
fn quoted(text: &str, quote: char) -> Option<(String, usize)> {
    let (mut inside, mut at) = (String::new(), 1);
    loop {
        let end = at + text.get(at..)?.find(quote)?;
        inside.push_str(&text[at..end]);
        if !text[end + 1..].starts_with(quote) {
            return Some((inside, end + 1));
        }
        inside.push(quote);
        at = end + 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_ends_with_its_line_and_a_text_may_hold_its_sign() {
        let tokens = cut("a -- b = 'c\n= '--'").unwrap();
        let [word, sign, text] = &tokens[..] else {
            panic!("{tokens:?}")
        };
        assert_eq!(
            (word, sign),
            (&(Token::Word("a".into()), 1), &(Token::Sign("="), 2))
        );
        assert_eq!(text, &(Token::Text("--".into()), 2));
    }
}
