use super::super::unit::{Resource, UnitKind};
use super::*;
use futures::FutureExt as _;
use std::sync::Mutex;

#[derive(Clone, Debug, PartialEq)]
enum Toy {
    /// The ten decides on a restart, the rest is taken while running.
    Good(u8),
    Fails,
    Panics,
    Deaf,
}

impl UnitSpec for Toy {
    fn name(&self) -> String {
        format!("{self:?}")
    }
    fn resources(&self) -> Vec<Resource> {
        Vec::new()
    }
    fn needs_restart(&self, next: &Self) -> bool {
        match (self, next) {
            (Self::Good(a), Self::Good(b)) => a / 10 != b / 10,
            _ => true,
        }
    }
}

fn units(pairs: &[(&str, Toy)]) -> Desired<Toy> {
    Arc::new(pairs.iter().map(|(id, toy)| (UnitKey::new(UnitKind::Line, *id), toy.clone())).collect())
}

struct Rig {
    desired: watch::Sender<Desired<Toy>>,
    log: Arc<Mutex<Vec<String>>>,
    stop: CancellationToken,
    tasks: JoinSet<usize>,
    status: watch::Receiver<Units>,
}

fn rig(first: &[(&str, Toy)]) -> Rig {
    let (desired, follow) = watch::channel(units(first));
    let log: Arc<Mutex<Vec<String>>> = Arc::default();
    let (told, status) = watch::channel(Units::default());
    let to = Arc::clone(&log);
    let supervisor = Supervisor::new(follow, told, move |_: &UnitKey, toy: &Toy, ctx: UnitContext| {
        let (task_log, update_log, toy) = (Arc::clone(&to), Arc::clone(&to), toy.clone());
        let task = async move {
            task_log.lock().unwrap().push(format!("start {toy:?}"));
            ctx.set_health(Health::Up);
            match toy {
                Toy::Fails => return Err("no such port".into()),
                Toy::Panics => panic!("boom"),
                Toy::Deaf => std::future::pending().await,
                Toy::Good(_) => ctx.stop.cancelled().await,
            }
            task_log.lock().unwrap().push(format!("stop {toy:?}"));
            Ok(())
        };
        let update = move |next: &Toy| update_log.lock().unwrap().push(format!("update {next:?}"));
        Started { task: task.boxed(), update: Box::new(update) }
    });
    let stop = CancellationToken::new();
    let mut tasks = JoinSet::new();
    tasks.spawn(supervisor.run(stop.clone()));
    Rig { desired, log, stop, tasks, status }
}

impl Rig {
    async fn pass(&self, ms: u64) {
        // Paused time: this lets every timer up to then fire, and waits for nothing real.
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }

    fn log(&self) -> String {
        self.log.lock().unwrap().join("; ")
    }

    fn health(&self, id: &str) -> Health {
        self.status.borrow()[&UnitKey::new(UnitKind::Line, id)].health.borrow().clone()
    }

    async fn end(mut self) -> usize {
        self.stop.cancel();
        self.tasks.join_next().await.unwrap().unwrap()
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_restarts_only_its_unit_and_stops_before_it_starts() {
    let rig = rig(&[("a", Toy::Good(11)), ("b", Toy::Good(9))]);
    rig.pass(10).await;
    rig.desired.send_replace(units(&[("a", Toy::Good(21)), ("b", Toy::Good(9))]));
    rig.pass(10).await;
    assert_eq!(rig.log(), "start Good(11); start Good(9); stop Good(11); start Good(21)");
    assert_eq!(rig.end().await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_small_change_is_taken_while_running() {
    let rig = rig(&[("a", Toy::Good(1)), ("b", Toy::Good(9))]);
    rig.pass(10).await;
    rig.desired.send_replace(units(&[("a", Toy::Good(2)), ("b", Toy::Good(9))]));
    rig.pass(10).await;
    assert_eq!(rig.log(), "start Good(1); start Good(9); update Good(2)");
    assert_eq!(rig.end().await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_failing_or_panicking_unit_leaves_its_neighbours_alone() {
    let rig = rig(&[("a", Toy::Fails), ("b", Toy::Good(1)), ("c", Toy::Panics)]);
    rig.pass(16_000).await;
    let log = rig.log();
    assert_eq!(log.matches("start Good").count(), 1);
    // At 0, 1, 3, 7 and 15 s.
    assert_eq!(log.matches("start Fails").count(), 5, "{log}");
    assert_eq!(log.matches("start Panics").count(), 5, "{log}");
    assert_eq!(rig.health("b"), Health::Up);
    assert_eq!(rig.health("a"), Health::Failed("no such port".into()));
    assert_eq!(rig.end().await, 5, "each panic is counted");
}

#[tokio::test(start_paused = true)]
async fn a_unit_deaf_to_stop_is_cut_off_at_the_deadline() {
    let rig = rig(&[("d", Toy::Deaf)]);
    rig.pass(10).await;
    rig.desired.send_replace(units(&[("d", Toy::Good(1))]));
    rig.pass(4_900).await;
    assert_eq!(rig.log(), "start Deaf");
    rig.pass(200).await;
    assert_eq!(rig.log(), "start Deaf; start Good(1)");
    assert_eq!(rig.end().await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_change_to_a_waiting_unit_is_tried_at_once() {
    let rig = rig(&[("a", Toy::Fails)]);
    rig.pass(7_500).await;
    rig.desired.send_replace(units(&[("a", Toy::Good(1))]));
    rig.pass(1).await;
    assert!(rig.log().ends_with("start Good(1)"), "{}", rig.log());
    assert_eq!(rig.health("a"), Health::Up);
    assert_eq!(rig.end().await, 0);
}
