//! An export of made-up charges, and its import.

use std::path::Path;

use jiff::civil::date;
use jiff::{Timestamp, ToSpan};
use quarterdeck::cost::import;

/// Writes `days` from 2025-09-01 of `cells_a_day` charges, of which no two share a cell.
pub fn write(file: &Path, days: u32, services: u32, cells_a_day: u32) {
    let mut text = String::from(
        "ChargePeriodStart,BillingPeriodStart,BillingCurrency,BilledCost,EffectiveCost,ServiceName,SubAccountId,RegionId,\
         ChargeCategory,x_UsageType,Tags\n",
    );
    for nth in 0..days * cells_a_day {
        let (day, within) = (nth / cells_a_day, nth % cells_a_day);
        let day = date(2025, 9, 1).saturating_add(i64::from(day).days());
        let (service, account) = (within % services, within / services % 10);
        let region = ["us-east-1", "eu-west-1", "ap-northeast-2"][(within / (services * 10) % 3) as usize];
        let category = if within % 50 == 0 { "Tax" } else { "Usage" };
        let team = ["pay", "search", "ml", ""][(within % 4) as usize];
        text += &format!(
            "{day},{},USD,{}.5,{}.25,Service {service},{account}11122223333,{region},{category},usage-{},\"{{\"\"team\"\":\
             \"\"{team}\"\"}}\"\n",
            day.first_of_month(),
            nth % 97,
            nth % 89,
            within % 60,
        );
    }
    std::fs::write(file, text).unwrap();
}

/// Imports it into a data directory.
pub fn take_in(file: &Path, data_dir: &Path) {
    let exports = import::find(file).unwrap();
    import::import(&exports, data_dir, Timestamp::now(), &mut |_| ()).unwrap();
}
