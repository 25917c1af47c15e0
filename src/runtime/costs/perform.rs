//! What the costs panel wants done: each is asked of the books, or of the files of this machine.

use crate::app::{Effect, Msg};
use crate::runtime::Runtime;

use super::{Ask, anomalies, fetch, ledger, moves, node, offer, promise, split, view, watch};

impl Runtime {
    pub(in crate::runtime) fn costs(&mut self, effect: Effect) {
        let key = effect.key();
        let paths = self.paths.clone();
        match effect {
            Effect::FetchCosts {
                source,
                query,
                refresh,
                year,
            } => {
                let ask = Ask {
                    source,
                    query,
                    refresh,
                    year,
                };
                let books = self.books.clone();
                self.run(key, move |out| fetch(books, ask, out));
            }
            Effect::SplitCosts {
                source,
                query,
                compared,
                refresh,
            } => {
                let books = self.books.clone();
                let asked = split::Asked {
                    source,
                    query,
                    compared,
                };
                self.run(key, move |out| split::split(books, asked, refresh, out));
            }
            Effect::FindAnomalies { source, refresh } => {
                let books = self.books.clone();
                self.run(key, move |out| anomalies::find(books, source, refresh, out));
            }
            Effect::AskAnomalies { source, refresh } => {
                let books = self.books.clone();
                self.run(key, move |out| anomalies::foreign(books, source, refresh, out));
            }
            Effect::AskForecast {
                source,
                lens,
                refresh,
            } => {
                let books = self.books.clone();
                self.run(key, move |out| {
                    promise::forecast(books, source, lens, refresh, out)
                });
            }
            Effect::AskCommitments { source, refresh } => {
                let books = self.books.clone();
                self.run(key, move |out| promise::commitments(books, source, refresh, out));
            }
            Effect::ReadLedger { source, refresh } => {
                let books = self.books.clone();
                self.run(key, move |out| ledger::ledger(books, source, refresh, out));
            }
            Effect::ListDimensions {
                source,
                query,
                refresh,
            } => {
                let books = self.books.clone();
                self.run(key, move |out| offer::offer(books, source, query, refresh, out));
            }
            Effect::FindMoves { source, refresh } => {
                let books = self.books.clone();
                self.run(key, move |out| moves::moves(books, source, refresh, out));
            }
            Effect::DecideMove { id, decision } => {
                self.blocking(None, move |out| {
                    moves::decide(&paths.data_dir, id, *decision, &out)
                });
            }
            Effect::WithdrawMove { id, reason } => {
                self.blocking(None, move |out| {
                    moves::withdraw(&paths.data_dir, &id, reason, &out)
                });
            }
            Effect::ListCostSources => {
                let books = self.books.clone();
                self.run(None, move |out| async move {
                    out.send(Msg::CostSourcesListed(books.sources().await));
                });
            }
            Effect::WatchExports => {
                let books = self.books.clone();
                self.run(None, move |out| watch::exports(books, out));
            }
            Effect::LoadCostViews => {
                self.blocking(None, move |out| view::load(&paths.data_dir, &out));
            }
            Effect::SaveCostView(view) => {
                self.blocking(None, move |out| view::save(&paths.data_dir, *view, &out));
            }
            Effect::ForgetCostView(name) => {
                self.blocking(None, move |out| view::forget(&paths.data_dir, &name, &out));
            }
            Effect::PriceNodes(machines) => {
                let books = self.books.clone();
                self.run(key, move |out| node::nodes(books, machines, out));
            }
            _ => {}
        }
    }
}
