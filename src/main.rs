<<<<<<< HEAD
=======
//! The `dinrail` program: arguments, logging, signals.

>>>>>>> main
fn main() {}
