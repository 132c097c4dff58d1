//! Requests a second of the SNMP agent, GET and GETBULK(20) in v2c and v3 (SHA-1, AES-128), beside net-snmp's snmpd in one
//! run; the time of one request; a walk of 10,000 points; and what walks cost the polling of a serial line.
//!
//! Each agent is a process of its own; the load comes from this one, the same for both: [`load`] says how it speaks v3.
//! `cargo bench --bench snmp -- quick` runs everything once and shortly.

#[path = "../support/allocator.rs"]
mod allocator;
mod load;
#[path = "../support/product.rs"]
mod product;
mod servers;

use anyhow::{Context, Result, ensure};
use async_snmp::{Client, Oid, UdpHandle, Value, VarBind};
use clap::Parser;
use dinrail::sim::process::{SimArgs, run};
use load::{Found, Message, Request, load, record};
use servers::{Field, POINTS, Server, Version, client};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Sockets, and requests in flight on each.
const MANY: (usize, usize) = (4, 4);
const ONE: (usize, usize) = (1, 1);
const GET_TARGET: f64 = 1.25;
const BULK_TARGET: f64 = 1.75;
const WALK_TARGET_S: f64 = 1.0;
/// Rows of one GETBULK of a walk.
const WALK_ROWS: u32 = 50;

#[derive(Parser)]
struct SimCli {
    #[command(flatten)]
    args: SimArgs,
}

#[derive(Clone, Copy)]
struct Plan {
    run: Duration,
    repeats: usize,
    polling: Duration,
}

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.first().map(String::as_str) {
        Some("sim") => return Ok(run(&SimCli::parse_from(args).args)?),
        Some("dinrail") => return runtime()?.block_on(servers::dinrail(args.get(1))),
        _ => (),
    }
    let plan = if args.iter().any(|arg| arg == "quick") {
        Plan { run: Duration::from_millis(500), repeats: 1, polling: Duration::from_secs(5) }
    } else {
        Plan { run: Duration::from_secs(2), repeats: 5, polling: Duration::from_secs(20) }
    };
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("medians of {} runs of {} s; load {load}", plan.repeats, plan.run.as_secs_f64());
    let mut missed = Vec::new();
    let mut verdict = |what: &str, value: f64, target: f64, most: bool| {
        let met = if most { value <= target } else { target <= value };
        let (sign, word) = (if most { "<=" } else { ">=" }, if met { "met" } else { "MISSED" });
        println!("{what}: {value:.3}, target {sign} {target} ({word})");
        if !met {
            missed.push(what.to_owned());
        }
    };
    let servers = [Server::dinrail(None)?, Server::snmpd()?];
    for version in [Version::V2c, Version::V3] {
        for (request, target) in [(Request::Get, GET_TARGET), (Request::Bulk, BULK_TARGET)] {
            let what = format!("{} {}", version.word(), request.word());
            let many = beside(&servers, version, request, MANY, plan)?;
            told(&format!("{what}, {} x {}", MANY.0, MANY.1), &many);
            verdict(&format!("{what}/s, times snmpd"), many[0].rate / many[1].rate, target, false);
            let one = beside(&servers, version, request, ONE, plan)?;
            told(&format!("{what}, one at a time"), &one);
            verdict(&format!("{what}, p50 of one, times snmpd"), one[0].p50_us / one[1].p50_us, 1.0, true);
        }
    }
    let [ours, theirs] = servers;
    drop(theirs);
    let mut walks = Vec::new();
    for _ in 0..plan.repeats {
        walks.push(runtime()?.block_on(async { walk(&client(ours.address, Version::V3).await?).await })?.as_secs_f64());
    }
    walks.sort_by(f64::total_cmp);
    verdict(
        &format!("walk of {POINTS} points by GETBULK({WALK_ROWS}) v3, s"),
        walks[plan.repeats / 2],
        WALK_TARGET_S,
        true,
    );
    drop(ours);
    let (calm, walked) = polling(plan.polling)?;
    println!("polling at 115200 for {} s: {calm}", plan.polling.as_secs());
    println!("the same beside walks without end: {walked}");
    verdict("overruns of a second, p99, more than without walks", walked.overruns - calm.overruns, 0.0, true);
    ensure!(missed.is_empty(), "missed: {missed:#?}");
    Ok(())
}

fn told(what: &str, found: &[Found]) {
    let row = |one: &Found| {
        format!("{:.0}/s (p50 {:.0} us, p99 {:.0} us, {} lost)", one.rate, one.p50_us, one.p99_us, one.lost)
    };
    println!("{what}: dinrail {} | snmpd {}", row(&found[0]), row(&found[1]));
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?)
}

/// The medians of both, run by turns, so that what else the machine does meets both.
fn beside(
    servers: &[Server; 2],
    version: Version,
    request: Request,
    flow: (usize, usize),
    plan: Plan,
) -> Result<Vec<Found>> {
    let mut runs = [Vec::new(), Vec::new()];
    for _ in 0..plan.repeats {
        for (server, runs) in servers.iter().zip(&mut runs) {
            // Anew each time: messages of SNMPv3 are good for 150 s.
            let messages: Vec<Message> = runtime()?.block_on(record(server, version, request))?;
            runs.push(load(server.address, &messages, flow, plan.run)?);
        }
    }
    let median = |mut runs: Vec<Found>| {
        runs.sort_by(|a, b| a.rate.total_cmp(&b.rate));
        runs.get(runs.len() / 2).copied().context("no run")
    };
    runs.into_iter().map(median).collect()
}

/// How long it takes to have the value of every point.
async fn walk(client: &Client<UdpHandle>) -> Result<Duration> {
    let begin = Instant::now();
    let column = servers::values();
    let (mut at, mut found) = (column.clone(), 0);
    loop {
        let rows: Vec<VarBind> = client.get_bulk(std::slice::from_ref(&at), 0, WALK_ROWS).await?;
        for row in rows {
            if !row.oid.starts_with(&column) || row.value == Value::EndOfMibView {
                ensure!(found == POINTS, "{found} points instead of {POINTS}");
                return Ok(begin.elapsed());
            }
            found += 1;
            at = row.oid;
        }
    }
}

/// What a line that is polled has to show for itself.
#[derive(Debug)]
struct Polled {
    /// Of each second, the p99.
    overruns: f64,
    transactions: f64,
    rtt_p99_ms: f64,
}

impl std::fmt::Display for Polled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { overruns, transactions, rtt_p99_ms } = self;
        write!(
            f,
            "{transactions:.1} transactions/s, round trip p99 {rtt_p99_ms:.2} ms, overruns of a second p99 {overruns}"
        )
    }
}

fn polling(time: Duration) -> Result<(Polled, Polled)> {
    let field = Field::start()?;
    let mut server = Server::dinrail(Some(&field.path))?;
    pause(Duration::from_secs(3))?;
    let calm = watch(&mut server, time)?;
    let address = server.address;
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let walker = std::thread::spawn(move || -> Result<usize> {
        runtime()?.block_on(async {
            let client = client(address, Version::V3).await?;
            let mut walks = 0;
            while !stopped.load(Ordering::Relaxed) {
                walk(&client).await?;
                walks += 1;
            }
            Ok(walks)
        })
    });
    let walked = watch(&mut server, time)?;
    stop.store(true, Ordering::Relaxed);
    let walks = walker.join().map_err(|_| anyhow::anyhow!("the walker panicked"))??;
    ensure!(0 < walks, "no walk was made");
    println!("{walks} walks of {POINTS} points beside the polling");
    Ok((calm, walked))
}

fn watch(server: &mut Server, time: Duration) -> Result<Polled> {
    let mut counts = vec![server.line()?];
    let begin = Instant::now();
    while begin.elapsed() < time {
        pause(Duration::from_secs(1))?;
        counts.push(server.line()?);
    }
    let number = |json: &serde_json::Value| json.as_f64().context("a number");
    let mut overruns = Vec::new();
    for pair in counts.windows(2) {
        overruns.push(number(&pair[1]["overruns"])? - number(&pair[0]["overruns"])?);
    }
    overruns.sort_by(f64::total_cmp);
    let (first, last) = (&counts[0], counts.last().context("a count")?);
    let transactions = number(&last["transactions"])? - number(&first["transactions"])?;
    Ok(Polled {
        overruns: overruns[(overruns.len() * 99 / 100).min(overruns.len() - 1)],
        transactions: transactions / begin.elapsed().as_secs_f64(),
        rtt_p99_ms: number(&last["rtt_ms"]["p99"])?,
    })
}

fn pause(time: Duration) -> Result<()> {
    // Made within the runtime, whose clock it is.
    runtime()?.block_on(async { tokio::time::sleep(time).await });
    Ok(())
}

/// The place of an object.
fn oid(text: &str) -> Result<Oid> {
    Ok(Oid::parse(text)?)
}
