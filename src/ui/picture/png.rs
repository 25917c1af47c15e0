//! SVG to PNG, by the letters that the program brings: a picture looks the same wherever it is made. Letters that those
//! lack come from the fonts of the machine, and what those lack too is named.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{FontResolver, Options, Tree, fontdb};

/// Reduced to what the console draws; the licence is beside them.
const FONTS: [&[u8]; 2] = [
    include_bytes!("../../../assets/font/DejaVuSansMono.ttf"),
    include_bytes!("../../../assets/font/DejaVuSansMono-Bold.ttf"),
];
const FAMILY: &str = "DejaVu Sans Mono";
/// Pixels for each unit of the SVG.
const SCALE: f32 = 2.0;

pub struct Png {
    pub bytes: Vec<u8>,
    /// Characters that no font of this machine has; they are blank in the picture.
    pub missing: BTreeSet<char>,
}

#[derive(Debug, thiserror::Error)]
#[error("the picture cannot be drawn: {0}")]
pub struct BadPicture(String);

impl Png {
    /// What is missing in one sentence, with the remedy.
    pub fn says_missing(&self) -> Option<String> {
        let some: String = self.missing.iter().take(8).collect();
        (!self.missing.is_empty()).then(|| {
            format!(
                "{} characters are blank, since no font of this machine has them ({some}): install one that does, such as \
                 Noto Sans Mono CJK, or write an .svg",
                self.missing.len()
            )
        })
    }
}

/// Draws an SVG that [`super::svg`] made.
pub fn png(svg: &str) -> Result<Png, BadPicture> {
    let missing = Arc::new(Mutex::new(BTreeSet::new()));
    let mut fonts = fontdb::Database::new();
    FONTS.iter().for_each(|font| fonts.load_font_data(font.to_vec()));
    fonts.set_monospace_family(FAMILY);
    let options = Options {
        font_family: FAMILY.into(),
        fontdb: Arc::new(fonts),
        font_resolver: resolver(missing.clone()),
        ..Options::default()
    };
    let bad = |cause: &dyn std::fmt::Display| BadPicture(cause.to_string());
    let tree = Tree::from_str(svg, &options).map_err(|cause| bad(&cause))?;
    let size = tree.size().to_int_size().scale_by(SCALE);
    let size = size.ok_or_else(|| bad(&"it has no size"))?;
    let mut pixels = Pixmap::new(size.width(), size.height()).ok_or_else(|| bad(&"it is too large"))?;
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    let bytes = pixels.encode_png().map_err(|cause| bad(&cause))?;
    let missing = missing.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Ok(Png { bytes, missing })
}

/// The machine's fonts are read only when a letter is wanted that ours lack: that takes a while.
fn resolver(missing: Arc<Mutex<BTreeSet<char>>>) -> FontResolver<'static> {
    let ours = FontResolver::default_fallback_selector();
    let select = move |c: char, tried: &[fontdb::ID], fonts: &mut Arc<fontdb::Database>| {
        if fonts.len() == FONTS.len() {
            Arc::make_mut(fonts).load_system_fonts();
        }
        let found = ours(c, tried, fonts);
        if found.is_none() {
            missing.lock().unwrap_or_else(PoisonError::into_inner).insert(c);
        }
        found
    };
    FontResolver {
        select_font: FontResolver::default_font_selector(),
        select_fallback: Box::new(select),
    }
}
