//! Everything that the services of one run share.

use std::net::SocketAddr;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::account::{Account, Keys};
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
        }
    }

    pub fn fleet(&self) -> RwLockReadGuard<'_, Fleet> {
        self.fleet.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn fleet_mut(&self) -> RwLockWriteGuard<'_, Fleet> {
        self.fleet.write().unwrap_or_else(PoisonError::into_inner)
    }
}
