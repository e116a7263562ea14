//! The command line of court and defence. It has no commands yet.

fn main() {}
