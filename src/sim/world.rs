//! Everything that the services of one run share.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::account::{Account, Keys};
use super::billing::Ledger;
use super::fault::{Faults, Limiter};
use super::fleet::Fleet;
use super::page::Pager;

pub struct World {
    pub accounts: Vec<Account>,
    pub keys: Keys,
    pub faults: Faults,
    pub limiter: Limiter,
    pub pager: Pager,
    pub seed: u64,
    pub addr: SocketAddr,
    fleet: RwLock<Fleet>,
    ledger: Mutex<Option<Arc<Ledger>>>,
}

impl World {
    pub fn new(accounts: Vec<Account>, fleet: Fleet, faults: Faults, seed: u64, addr: SocketAddr) -> World {
        World {
            keys: Keys::new(&accounts),
            accounts,
            faults,
            limiter: Limiter::default(),
            pager: Pager::default(),
            seed,
            addr,
            fleet: RwLock::new(fleet),
            ledger: Mutex::default(),
        }
    }

    pub fn fleet(&self) -> RwLockReadGuard<'_, Fleet> {
        self.fleet.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn fleet_mut(&self) -> RwLockWriteGuard<'_, Fleet> {
        self.fleet.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The costs up to now, written when first asked for and again on another day.
    pub fn ledger(&self, now: Timestamp) -> Arc<Ledger> {
        let mut ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        let today = now.to_zoned(TimeZone::UTC).date();
        if let Some(ledger) = ledger.as_ref().filter(|ledger| ledger.today == today) {
            return ledger.clone();
        }
        let regions: Vec<Vec<String>> = self
            .accounts
            .iter()
            .map(|account| account.regions.clone())
            .collect();
        let fresh = Arc::new(Ledger::build(&self.fleet(), &regions, self.seed, now));
        *ledger = Some(fresh.clone());
        fresh
    }
}
