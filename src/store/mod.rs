//! Derived, rebuildable data on disk.
