//! The Modbus/TCP server and gateway on loopback: requests a second of FC 3 x 10 beside a server of libmodbus and a bare
//! echo of the same sizes in one run, what a crowd of slow clients does to the others, and what the way through to a
//! serial line adds to it. Each server is a process of its own; the load comes from this one.
//!
//! `cargo bench --bench modbus_server -- gateway` measures the gateway alone, `-- image` the rest alone.

#[path = "../support/allocator.rs"]
mod allocator;
mod crowd;
mod gateway;
mod load;
#[path = "../support/product.rs"]
mod product;
mod servers;
#[path = "../line/sim.rs"]
mod sim;

use anyhow::{Context, Result};
use clap::Parser;
use dinrail::sim::process::{SimArgs, run};
use load::{Found, Load};
use servers::{Server, dinrail_server, echo_server};
use std::time::Duration;

const RUN: Duration = Duration::from_secs(2);
const ROUNDS: usize = 3;
/// Connections, and requests of each under way.
const CASES: [(usize, usize); 6] = [(1, 1), (1, 8), (10, 1), (10, 8), (32, 1), (32, 8)];
/// How long each part of the gateway is looked at.
const LINE_RUN: Duration = Duration::from_secs(10);

#[derive(Parser)]
struct SimCli {
    #[command(flatten)]
    args: SimArgs,
}

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let word = args.first().map(String::as_str);
    match (word, args.get(1).map(String::as_str)) {
        (Some("sim"), _) => return Ok(run(&SimCli::parse_from(args).args)?),
        (Some("dinrail"), _) => return runtime()?.block_on(dinrail_server(None)),
        (Some("gateway"), Some(path)) if path.starts_with('/') => {
            return runtime()?.block_on(dinrail_server(Some(path)));
        }
        (Some("bare"), Some(path)) => return servers::bare_gateway(path),
        (Some("echo"), _) => return runtime()?.block_on(echo_server()),
        _ => (),
    }
    if word != Some("gateway") {
        image()?;
    }
    if word != Some("image") {
        line()?;
    }
    Ok(())
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?)
}

fn machine_load() -> String {
    std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim().to_owned()
}

fn image() -> Result<()> {
    let servers = [Server::own(&["dinrail"])?, Server::libmodbus()?, Server::own(&["echo"])?];
    println!("FC 3 x 10 on loopback, medians of {ROUNDS} runs of {} s; load {}", RUN.as_secs(), machine_load());
    println!("connections x depth | dinrail req/s (p50, p99 us) | libmodbus | echo");
    let mut found = Vec::new();
    for (connections, depth) in CASES {
        let load = Load { connections, depth, rate: None, time: RUN };
        // Turn by turn, so that what else the machine does meets all of them.
        let mut runs: [Vec<Found>; 3] = Default::default();
        for _ in 0..ROUNDS {
            for (server, runs) in servers.iter().zip(&mut runs) {
                runs.push(runtime()?.block_on(load.on(server.address))?);
            }
        }
        let rows = runs.map(|mut runs| {
            runs.sort_by(|a, b| a.rate.total_cmp(&b.rate));
            runs[ROUNDS / 2]
        });
        let text: Vec<String> =
            rows.iter().map(|row| format!("{:>8.0} ({:.0}, {:.0})", row.rate, row.p50_us, row.p99_us)).collect();
        println!("{connections:>2} x {depth} | {}", text.join(" | "));
        found.push(((connections, depth), rows));
    }
    let of = |case: (usize, usize)| found.iter().find(|(one, _)| *one == case).map(|(_, rows)| rows);
    let (ten, deep, one) = (of((10, 1)), of((10, 8)), of((1, 1)));
    let (ten, deep, one) = (ten.context("10 x 1")?, deep.context("10 x 8")?, one.context("1 x 1")?);
    println!("10 connections: {:.2} x libmodbus (target 1.25)", ten[0].rate / ten[1].rate);
    println!("10 connections, 8 deep: {:.2} x libmodbus (target 4)", deep[0].rate / deep[1].rate);
    println!("one connection: p50 {:.2} x the echo's (target 1.15)", one[0].p50_us / one[2].p50_us);

    let half = Load { connections: 10, depth: 1, rate: Some(ten[0].rate / 20.0), time: RUN };
    let mut p99: Vec<[f64; 2]> = Vec::new();
    for server in [&servers[0], &servers[2]] {
        let mut runs = Vec::new();
        for _ in 0..ROUNDS {
            runs.push(runtime()?.block_on(half.on(server.address))?);
        }
        runs.sort_by(|a, b| a.p99_us.total_cmp(&b.p99_us));
        p99.push([runs[ROUNDS / 2].p99_us, runs[ROUNDS / 2].rate]);
    }
    println!(
        "half of the load of 10 connections, {:.0} req/s: p99 {:.0} us (target 1000); the echo's {:.0} us",
        p99[0][1], p99[0][0], p99[1][0]
    );
    let mut runs = Vec::new();
    for _ in 0..ROUNDS {
        runs.push(runtime()?.block_on(crowd::crowd(&servers[0], half))?);
    }
    runs.sort_by(|a, b| (a.0[1] / a.0[0]).total_cmp(&(b.0[1] / b.0[0])));
    let ([alone, with], [before, after]) = runs[ROUNDS / 2];
    println!(
        "256 connections, 100 of them slow: p99 of the others {with:.0} us, {:.2} x the {alone:.0} us without (target 2); memory {before} -> {after} KiB",
        with / alone
    );
    Ok(())
}

fn line() -> Result<()> {
    println!("gateway at 115200 baud, medians of {ROUNDS} runs; load {}", machine_load());
    let (mut runs, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        runs.push(gateway::through(LINE_RUN)?);
        bare.push(gateway::bare(LINE_RUN)?);
    }
    let median = |of: &dyn Fn(&gateway::Through) -> f64| {
        let mut all: Vec<f64> = runs.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    };
    let least = |place: usize| {
        let mut all: Vec<f64> = bare.iter().map(|run| run[place]).collect();
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    };
    println!(
        "over the line's own time: p50 {:.3} ms (target 0.3), p99 {:.3} ms (target 0.6); a bare thread in its place: {:.3}, {:.3}",
        median(&|run| run.over_ms[0]),
        median(&|run| run.over_ms[1]),
        least(0),
        least(1)
    );
    println!(
        "back to back: {:.1} % of the line's limit with one client, {:.1} % with four (target 97)",
        100.0 * median(&|run| run.efficiency[0]),
        100.0 * median(&|run| run.efficiency[1])
    );
    println!("the least served of four clients over the most served: {:.3} (target 0.9)", median(&|run| run.fairness));
    Ok(())
}
