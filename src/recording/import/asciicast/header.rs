//! The header of a cast: what is needed is checked, everything is kept as it was for a later export.

use crate::recording::Header;
use serde_json::Value;

/// A header that passed its checks.
pub(super) struct CastHeader {
    pub size: (u16, u16),
    pub term: Option<String>,
    /// Unix seconds.
    timestamp: Option<f64>,
    /// Everything but events.
    pub whole: Value,
}

impl CastHeader {
    /// For all three versions: 3 keeps the terminal in an object of its own.
    pub fn parse(value: &Value) -> Result<CastHeader, String> {
        let fields = value.as_object().ok_or("the header must be an object")?;
        let term = fields.get("term").unwrap_or(&Value::Null);
        let (place, cols, rows) = match value["version"].as_u64() {
            Some(3) => (term, "cols", "rows"),
            _ => (value, "width", "height"),
        };
        let side = |name: &str| {
            let number = place[name]
                .as_u64()
                .and_then(|n| u16::try_from(n).ok())
                .filter(|n| *n > 0);
            number.ok_or_else(|| format!("\"{name}\" must be a number from 1 to 65535"))
        };
        check_theme(&place["theme"])?;
        let timestamp = match &value["timestamp"] {
            Value::Null => None,
            other => Some(other.as_f64().ok_or("\"timestamp\" must be a number")?),
        };
        let kind = term["type"].as_str().or(value["env"]["TERM"].as_str());
        let mut whole = value.clone();
        if let Some(fields) = whole.as_object_mut() {
            fields.remove("stdout");
        }
        Ok(CastHeader {
            size: (side(cols)?, side(rows)?),
            term: kind.map(Into::into),
            timestamp,
            whole,
        })
    }

    pub fn to_header(&self, otherwise: jiff::Timestamp) -> Header {
        let said = self
            .timestamp
            .map(|s| (s * 1e6) as i64)
            .and_then(|us| jiff::Timestamp::from_microsecond(us).ok());
        Header {
            started_at: said.unwrap_or(otherwise).as_microsecond(),
            term: self.term.clone(),
            source: Some(self.whole.clone()),
            ..Header::new("import", self.size)
        }
    }
}

/// Colours, where given, are `#rrggbb`, and the palette 8 or 16 of them. No theme and an empty one are fine.
fn check_theme(theme: &Value) -> Result<(), String> {
    let colour = |text: &str| {
        text.strip_prefix('#')
            .is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    for name in ["fg", "bg"] {
        match &theme[name] {
            Value::Null => {}
            Value::String(text) if colour(text) => {}
            other => {
                return Err(format!(
                    "the theme's \"{name}\" is {other}, not a colour like #1d2021"
                ));
            }
        }
    }
    match &theme["palette"] {
        Value::Null => Ok(()),
        Value::String(text) if matches!(text.split(':').count(), 8 | 16) && text.split(':').all(colour) => {
            Ok(())
        }
        _ => Err("the theme's \"palette\" must be 8 or 16 colours joined by colons".into()),
    }
}
