//! Everything that the services of one run share.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Options;
use super::account::{Account, Keys};
use super::agent::Sessions;
use super::alarm;
use super::athena::Queries;
use super::billing::Ledger;
use super::ce::Tally;
use super::cloudtrail::Trail;
use super::fault::{Faults, Limiter};
use super::fleet::Fleet;
use super::instance_connect;
use super::logs::Shelf;
use super::page::Pager;
use super::s3::Buckets;
use super::savings::Plans;
use super::ssm::{Clock, Documents, Orders, Parameters, Runs, Tickets};

pub struct World {
    pub accounts: Vec<Account>,
    pub keys: Keys,
    pub faults: Faults,
    pub limiter: Limiter,
    pub pager: Pager,
    pub seed: u64,
    pub addr: SocketAddr,
    pub sessions: Sessions,
    /// The commands of Run Command.
    pub orders: Orders,
    /// What was done to sessions.
    pub trail: Trail,
    pub buckets: Arc<Buckets>,
    /// What agents wrote to CloudWatch's logs.
    pub logs: Arc<Shelf>,
    pub pushed_keys: instance_connect::Keys,
    /// Ports of instances that lead elsewhere than to this machine's own.
    pub ports: BTreeMap<u16, SocketAddr>,
    /// The account and region that each session was opened in.
    opened_in: Mutex<HashMap<String, (usize, String)>>,
    fleet: RwLock<Fleet>,
    ledger: Mutex<Option<Arc<Ledger>>>,
    pub tally: Tally,
    bill_clock: Mutex<Option<Timestamp>>,
    /// Savings Plans that were bought.
    pub plans: Plans,
    /// What was asked of Athena.
    pub queries: Queries,
    pub alarms: alarm::Board,
    /// OpsItems.
    pub tickets: Tickets,
    /// Parameter Store.
    pub parameters: Parameters,
    pub documents: Documents,
    /// Automations, and how fast they go.
    pub runs: Runs,
    pub clock: Clock,
    /// For work that goes on after a call is answered; it must not keep the world alive.
    pub me: Weak<World>,
}

impl World {
    pub fn new(options: Options, addr: SocketAddr, me: Weak<World>) -> World {
        let accounts: Vec<Account> = options.fleet.accounts.iter().map(Account::new).collect();
        let now = Timestamp::now();
        let fleet = Fleet::build(&options.fleet, options.seed, now);
        let ids: Vec<String> = accounts.iter().map(|account| account.id.clone()).collect();
        let alarms = alarm::Board::build(&fleet, &ids, options.seed, now);
        let tickets = Tickets::build(&fleet, &ids, options.seed, now);
        let parameters = Parameters::build(&fleet, &ids, now);
        let places: Vec<(usize, String, String)> = fleet
            .places()
            .filter_map(|(account, region, _)| Some((account, region.to_owned(), ids.get(account)?.clone())))
            .collect();
        let documents = Documents::build(&places, &options.documents);
        let Options {
            seed,
            faults,
            mut agent,
            authorized_keys,
            ..
        } = options;
        let bucket_names: Vec<(String, String)> = accounts
            .iter()
            .map(|account| {
                let name = |of: &str| format!("{of}-{}", account.id);
                (name("run-output"), name("recordings"))
            })
            .collect();
        agent.faults = faults.channel.clone();
        let bill_clock = faults.ce.now;
        let clock = faults.automation_clock(agent.pace);
        World {
            pushed_keys: instance_connect::Keys::new(authorized_keys),
            ports: agent.ports.clone(),
            sessions: Sessions::new(agent),
            orders: Orders::default(),
            trail: Trail::default(),
            buckets: Arc::new(Buckets::new(
                bucket_names
                    .iter()
                    .map(|(plain, locked)| (plain.as_str(), locked.as_str())),
            )),
            logs: Arc::default(),
            opened_in: Mutex::default(),
            keys: Keys::new(&accounts),
            accounts,
            faults,
            limiter: Limiter::default(),
            pager: Pager::default(),
            seed,
            addr,
            fleet: RwLock::new(fleet),
            ledger: Mutex::default(),
            tally: Tally::default(),
            bill_clock: Mutex::new(bill_clock),
            plans: Plans::default(),
            queries: Queries::default(),
            alarms,
            tickets,
            parameters,
            documents,
            runs: Runs::default(),
            clock,
            me,
        }
    }

    pub fn fleet(&self) -> RwLockReadGuard<'_, Fleet> {
        self.fleet.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn fleet_mut(&self) -> RwLockWriteGuard<'_, Fleet> {
        self.fleet.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The moment at which the bill stands.
    pub fn bill_now(&self, now: Timestamp) -> Timestamp {
        let clock = self.bill_clock.lock().unwrap_or_else(PoisonError::into_inner);
        clock.unwrap_or(now)
    }

    pub fn set_bill_clock(&self, now: Timestamp) {
        *self.bill_clock.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
    }

    /// The costs up to now, written when first asked for and again on another day.
    pub fn ledger(&self, now: Timestamp) -> Arc<Ledger> {
        let mut ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.bill_now(now);
        let today = now.to_zoned(TimeZone::UTC).date();
        if let Some(ledger) = ledger.as_ref().filter(|ledger| ledger.today == today) {
            return ledger.clone();
        }
        let regions: Vec<Vec<String>> = self
            .accounts
            .iter()
            .map(|account| account.regions.clone())
            .collect();
        let fresh = Arc::new(Ledger::build(
            &self.fleet(),
            &regions,
            self.seed,
            now,
            self.faults.ce.history_months(),
        ));
        *ledger = Some(fresh.clone());
        fresh
    }

    pub fn remember_session(&self, id: &str, account: usize, region: &str) {
        let mut opened_in = self.opened_in.lock().unwrap_or_else(PoisonError::into_inner);
        if opened_in.len() >= FORGET_ABOVE {
            opened_in.retain(|id, _| self.sessions.find(id).is_some());
        }
        opened_in.insert(id.to_owned(), (account, region.to_owned()));
    }

    pub fn is_session_of(&self, id: &str, account: usize, region: &str) -> bool {
        let opened_in = self.opened_in.lock().unwrap_or_else(PoisonError::into_inner);
        opened_in
            .get(id)
            .is_some_and(|place| place.0 == account && place.1 == region)
    }
}

/// From so many on, places of sessions that the agents have forgotten are forgotten too.
const FORGET_ABOVE: usize = 10_000;
