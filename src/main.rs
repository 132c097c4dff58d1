//! The `dinrail` program: arguments, logging, signals.

fn main() {}
