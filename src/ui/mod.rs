//! Widgets over borrowed state; they know colours by role and nothing of the domains.
