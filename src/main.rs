//! The `dinrail` program: arguments in, an exit code out.

use std::process::ExitCode;

/// glibc's own keeps what a start leaves behind, in an arena for each thread. How it is set: `.cargo/config.toml`.
#[cfg(feature = "jemalloc")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    dinrail::cli::main()
}
