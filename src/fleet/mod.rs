//! Instances and managed nodes of every account and region as one list.
