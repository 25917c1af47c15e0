//! Amounts of bytes as an eye takes them in: three digits at most and a unit of a thousand.

pub fn bytes(count: f64) -> String {
    let (mut count, mut unit) = (count, "B");
    for next in ["kB", "MB", "GB"] {
        if count < 999.5 {
            break;
        }
        count /= 1000.0;
        unit = next;
    }
    let places = usize::from(count < 9.95 && unit != "B");
    format!("{count:.places$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_three_digits_at_most() {
        for (count, says) in [
            (0.0, "0 B"),
            (999.0, "999 B"),
            (1_234.0, "1.2 kB"),
            (789_000.0, "789 kB"),
            (999_900.0, "1.0 MB"),
            (31_400_000.0, "31 MB"),
        ] {
            assert_eq!(bytes(count), says);
        }
    }
}
