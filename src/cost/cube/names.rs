//! Texts and the codes that stand for them; the code 0 is the empty text, a charge without a value.

use std::collections::HashMap;
use std::sync::Arc;

#[derive(Clone, Debug)]
pub struct Names {
    texts: Vec<Arc<str>>,
    codes: HashMap<Arc<str>, u32>,
}

impl Default for Names {
    fn default() -> Names {
        let blank: Arc<str> = "".into();
        Names {
            texts: vec![blank.clone()],
            codes: HashMap::from([(blank, 0)]),
        }
    }
}

impl Names {
    pub fn code(&mut self, text: &str) -> u32 {
        if let Some(code) = self.codes.get(text) {
            return *code;
        }
        // Four billion names do not fit into memory.
        let code = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        let text: Arc<str> = text.into();
        self.texts.push(text.clone());
        self.codes.insert(text, code);
        code
    }

    pub fn text(&self, code: u32) -> &str {
        self.texts.get(code as usize).map_or("", |text| text)
    }

    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(|text| &**text)
    }

    pub fn len(&self) -> usize {
        self.texts.len()
    }
}
