//! The budget in the head.

use super::*;
use crate::cost::{Amount, Budget};

#[test]
fn a_share_of_the_budget_says_that_it_is_foreseen() {
    let mut model = model();
    press(&mut model, "5");
    let month = crate::cost::Period::month_of(jiff::civil::date(2026, 11, 1));
    model.costs.report.as_mut().unwrap().origin.budget = Ok(Some(Budget {
        name: "all".into(),
        every: "MONTHLY".into(),
        currency: "USD".into(),
        limit: Amount::whole(200),
        actual: None,
        forecast: None,
        whole: true,
    }));
    model.costs.prospect = Some(Prospect {
        end: Some(crate::cost::Foreseen {
            month,
            mean: 184.0,
            interval: None,
            months: 2,
        }),
        ..Prospect::default()
    });
    for (width, height) in [(80, 24), (160, 45)] {
        let shown = text(&model, width, height);
        assert!(shown.contains("budget $200 92 % foreseen"), "{shown}");
    }
}
