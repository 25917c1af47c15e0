//! What the colours of the treemap say.

use super::*;

#[test]
fn the_colours_have_their_words_in_their_own_colour_on_a_small_screen_too() {
    let mut model = full();
    press(&mut model, "e");
    for (width, height) in [(80, 24), (160, 45)] {
        let area = Rect::new(0, 0, width, height);
        let mut buf = Buffer::empty(area);
        view(&model, area, &mut buf, &Look::new(&role_style));
        let row = |y| (0..width).map(|x| buf[(x, y)].symbol()).collect::<String>();
        let y = (0..height).find(|y| row(*y).contains("■ as before")).unwrap();
        let all: Vec<u16> = (0..width).filter(|x| buf[(*x, y)].symbol() == "■").collect();
        let colours: std::collections::BTreeSet<String> =
            all.iter().map(|x| format!("{:?}", buf[(*x, y)].fg)).collect();
        assert_eq!((all.len(), colours.len()), (4, 4), "{}", row(y));
    }
}
