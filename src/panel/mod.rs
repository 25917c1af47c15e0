//! One folder a panel: state, update, view.
