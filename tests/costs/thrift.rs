//! What is asked for is what was meant and no more: a name is spelled as the bill spells it before it is paid for, a forced
//! list is read once in a command, and finding out what to ask for keeps to what was allowed.

use super::*;

#[tokio::test]
async fn a_value_that_the_filter_fixes_is_asked_for_as_the_bill_spells_it() {
    let bench = bench("");
    let desk = bench.desk(1_000).await;
    let of = |filter: &str| question(two_months(), &["service", "region"], filter);
    let cold = ask(&desk, &of("category:usage"), Refresh::Auto).await;
    assert!(
        matches!(&cold, Err(Trouble::Dimension(bad)) if bad.says.contains("\"usage\"")),
        "{cold:?}"
    );
    ask(&desk, &question(two_months(), &["category"], ""), Refresh::Auto)
        .await
        .unwrap();
    let typed = ask(&desk, &of("category:usage"), Refresh::Auto).await.unwrap();
    assert!(typed.breakdowns[0].total > Amount::ZERO);
    let exact = ask(&desk, &of("category:Usage"), Refresh::Never).await.unwrap();
    assert_eq!(exact.breakdowns, typed.breakdowns);
    let paid = bench.sim.paid_requests();
    let none = ask(&desk, &of("category:usages"), Refresh::Auto)
        .await
        .unwrap_err();
    assert!(none.hint().contains("--by category"), "{none}: {}", none.hint());
    assert_eq!(bench.sim.paid_requests(), paid);
}
