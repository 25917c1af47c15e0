//! Configuration file, paths, themes, key map, policy.
