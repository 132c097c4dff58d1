//! Users, sessions and API tokens.

use super::*;

const GOOD: &str = "blue tram 42";
const OTHER: &str = "green boat 17";
const DAY: i64 = 86_400_000;
const HALF_HOUR: i64 = 1_800_000;

async fn claimed() -> (Bench, User) {
    let bench = Bench::new().await;
    let user = bench.store.claim("Kim", GOOD).await.unwrap();
    (bench, user)
}

async fn session(bench: &Bench, user: &User) -> String {
    let new = NewSession { user: user.clone(), origin: "127.0.0.1".to_owned(), now_ms: 0, expires_ms: DAY };
    bench.store.open_session(new).await.unwrap().unwrap().jti
}

#[tokio::test]
async fn an_appliance_is_claimed_once() {
    let bench = Bench::new().await;
    assert!(bench.store.claimable().await.unwrap());
    let results = tokio::join!(bench.store.claim("kim", GOOD), bench.store.claim("lee", GOOD));
    assert!(results.0.is_ok() != results.1.is_ok());
    assert!(!bench.store.claimable().await.unwrap());
    assert!(matches!(bench.store.claim("park", GOOD).await.unwrap_err(), UserError::Claimed));
    assert_eq!(bench.store.users().await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_claim_code_stays_until_it_is_used_and_is_forgiving() {
    let bench = Bench::new().await;
    let code = bench.store.claim_code();
    assert_eq!(code.len(), 14);
    assert!(bench.store.is_claim_code(&code));
    assert!(bench.store.is_claim_code(&format!(" {} ", code.to_lowercase().replace('-', " "))));
    assert!(!bench.store.is_claim_code(""));
    assert!(!bench.store.is_claim_code(&code[..13]));
    let other = Bench::new().await;
    assert_ne!(other.store.claim_code(), code);
    assert_eq!(bench.reopened().await.store.claim_code(), code);
}

#[tokio::test]
async fn only_name_and_password_together_are_right() {
    let (bench, user) = claimed().await;
    let store = &bench.store;
    assert_eq!(store.authenticate("Kim", GOOD).await.unwrap(), Some(user.clone()));
    assert_eq!(store.authenticate("kim", GOOD).await.unwrap(), Some(user));
    assert_eq!(store.authenticate("Kim", OTHER).await.unwrap(), None);
    assert_eq!(store.authenticate("Lee", GOOD).await.unwrap(), None);
    assert_eq!(store.authenticate("Kim", &"x".repeat(100_000)).await.unwrap(), None);
}

#[tokio::test]
async fn bad_names_and_passwords_are_refused() {
    let (bench, _) = claimed().await;
    let store = &bench.store;
    for name in ["", " lee", "lee\n", &"x".repeat(65)] {
        assert!(matches!(store.create_user(name, Role::Viewer, GOOD).await.unwrap_err(), UserError::Name), "{name}");
    }
    assert!(matches!(store.create_user("KIM", Role::Viewer, GOOD).await.unwrap_err(), UserError::Exists));
    let error = store.create_user("lee", Role::Viewer, "short").await.unwrap_err();
    assert_eq!(error.to_string(), "a password has at least 10 characters");
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let (bench, _) = claimed().await;
    let store = &bench.store;
    store.create_user("lee", Role::Operator, GOOD).await.unwrap();
    assert!(matches!(store.remove_user("kim").await.unwrap_err(), UserError::LastAdmin));
    assert!(matches!(store.set_role("KIM", Role::Viewer).await.unwrap_err(), UserError::LastAdmin));
    store.set_role("lee", Role::Admin).await.unwrap();
    store.remove_user("kim").await.unwrap();
    assert!(matches!(store.remove_user("lee").await.unwrap_err(), UserError::LastAdmin));
    assert!(matches!(store.remove_user("nobody").await.unwrap_err(), UserError::Unknown));
    let left: Vec<_> = store.users().await.unwrap().into_iter().map(|user| (user.name, user.role)).collect();
    assert_eq!(left, [("lee".to_owned(), Role::Admin)]);
}

#[tokio::test]
async fn of_two_administrators_that_remove_each_other_one_stays() {
    let (bench, _) = claimed().await;
    bench.store.create_user("lee", Role::Admin, GOOD).await.unwrap();
    let results = tokio::join!(bench.store.remove_user("kim"), bench.store.remove_user("lee"));
    assert!(results.0.is_ok() != results.1.is_ok());
    assert_eq!(bench.store.users().await.unwrap().len(), 1);
}

#[tokio::test]
async fn password_role_and_logout_end_every_session() {
    let (bench, kim) = claimed().await;
    let store = &bench.store;
    let lee = store.create_user("lee", Role::Admin, GOOD).await.unwrap();
    let others = session(&bench, &lee).await;

    let first = session(&bench, &kim).await;
    assert!(matches!(store.change_password("kim", OTHER, OTHER).await.unwrap_err(), UserError::WrongPassword));
    assert!(store.use_session(&first, 1, HALF_HOUR).await.unwrap().is_some());
    store.change_password("kim", GOOD, OTHER).await.unwrap();
    assert!(store.use_session(&first, 1, HALF_HOUR).await.unwrap().is_none());
    assert!(store.authenticate("kim", GOOD).await.unwrap().is_none());

    // An account as it was before the change opens no session any more.
    let stale = NewSession { user: kim, origin: String::new(), now_ms: 0, expires_ms: DAY };
    assert!(store.open_session(stale).await.unwrap().is_none());

    let kim = store.authenticate("kim", OTHER).await.unwrap().unwrap();
    let second = session(&bench, &kim).await;
    store.set_role("kim", Role::Admin).await.unwrap();
    assert!(store.use_session(&second, 1, HALF_HOUR).await.unwrap().is_some(), "the role is the same");
    store.set_role("kim", Role::Operator).await.unwrap();
    assert!(store.use_session(&second, 1, HALF_HOUR).await.unwrap().is_none());

    let kim = store.user("kim").await.unwrap().unwrap();
    let third = session(&bench, &kim).await;
    assert_eq!(store.use_session(&third, 1, HALF_HOUR).await.unwrap().unwrap().role, Role::Operator);
    assert_eq!(store.user("kim").await.unwrap().unwrap().epoch, 3);

    assert!(store.use_session(&others, 1, HALF_HOUR).await.unwrap().is_some());
    store.set_role("kim", Role::Admin).await.unwrap();
    store.remove_user("lee").await.unwrap();
    assert!(store.use_session(&others, 1, HALF_HOUR).await.unwrap().is_none());
}

#[tokio::test]
async fn sessions_end_by_time_idleness_and_logout() {
    let (bench, kim) = claimed().await;
    let store = &bench.store;
    let busy = session(&bench, &kim).await;
    let idle = session(&bench, &kim).await;
    for minutes in 1..=40 {
        assert!(store.use_session(&busy, minutes * 60_000, HALF_HOUR).await.unwrap().is_some(), "{minutes}");
    }
    assert!(store.use_session(&idle, HALF_HOUR - 1, HALF_HOUR).await.unwrap().is_some());
    assert!(store.use_session(&idle, 2 * HALF_HOUR, HALF_HOUR).await.unwrap().is_none());
    assert!(store.use_session(&busy, DAY, i64::MAX).await.unwrap().is_none());

    let bench = bench.reopened().await;
    let store = &bench.store;
    assert!(store.use_session(&busy, 41 * 60_000, HALF_HOUR).await.unwrap().is_some());
    assert!(store.end_session(&busy).await.unwrap());
    assert!(!store.end_session(&busy).await.unwrap());
    assert!(store.use_session(&busy, 41 * 60_000, HALF_HOUR).await.unwrap().is_none());
    assert!(store.use_session("nonsense", 0, HALF_HOUR).await.unwrap().is_none());
}

#[tokio::test]
async fn the_sessions_of_one_account_are_bounded() {
    let (bench, kim) = claimed().await;
    let store = &bench.store;
    let first = session(&bench, &kim).await;
    let second = session(&bench, &kim).await;
    assert!(store.use_session(&first, HALF_HOUR - 1, HALF_HOUR).await.unwrap().is_some());
    for _ in 0..63 {
        let new = NewSession { user: kim.clone(), origin: String::new(), now_ms: HALF_HOUR - 1, expires_ms: DAY };
        store.open_session(new).await.unwrap().unwrap();
    }
    let open = store.sessions(Some("kim"), 0).await.unwrap();
    assert!(open.len() == 64 && open.iter().all(|session| session.user == "Kim"));
    assert!(open.iter().any(|session| session.jti == first));
    assert!(open.iter().all(|session| session.jti != second), "the one used longest ago gives way");
    assert_eq!(store.sessions(None, DAY).await.unwrap(), []);
}

#[tokio::test]
async fn a_full_disk_ends_no_session_and_no_token() {
    let (bench, kim) = claimed().await;
    let open = session(&bench, &kim).await;
    let token = bench.store.create_token("scada", Role::Viewer, "kim", None).await.unwrap();
    // Nothing can be written at all.
    bench.sql("PRAGMA query_only = 1").await;
    assert!(bench.store.use_session(&open, HALF_HOUR - 1, HALF_HOUR).await.unwrap().is_some());
    assert!(bench.store.use_token(&token.secret, 1).await.unwrap().is_some());
    assert!(bench.store.authenticate("kim", GOOD).await.unwrap().is_some());
}

#[tokio::test]
async fn a_reset_lets_a_locked_out_owner_in_again() {
    let (bench, kim) = claimed().await;
    let store = &bench.store;
    let open = session(&bench, &kim).await;
    store.create_user("lee", Role::Viewer, GOOD).await.unwrap();
    store.reset_user("lee", OTHER).await.unwrap();
    assert_eq!(store.authenticate("lee", OTHER).await.unwrap().unwrap().role, Role::Admin);
    store.reset_user("kim", OTHER).await.unwrap();
    assert!(store.use_session(&open, 1, HALF_HOUR).await.unwrap().is_none());
    store.reset_user("new", OTHER).await.unwrap();
    assert_eq!(store.user("new").await.unwrap().unwrap().role, Role::Admin);
    assert!(matches!(store.reset_user("new", "short").await.unwrap_err(), UserError::Password(_)));
}

#[tokio::test]
async fn api_tokens_are_shown_once_expire_and_can_be_removed() {
    let (bench, _) = claimed().await;
    let store = &bench.store;
    let made = store.create_token("scada", Role::Operator, "kim", Some(1_000)).await.unwrap();
    assert!(made.secret.starts_with("dinrail_") && made.secret.len() == 8 + 43);
    assert!(!format!("{made:?}").contains(&made.secret));
    assert!(matches!(store.create_token("SCADA", Role::Viewer, "kim", None).await.unwrap_err(), TokenError::Exists));
    assert!(matches!(store.create_token("", Role::Viewer, "kim", None).await.unwrap_err(), TokenError::Name));

    let used = store.use_token(&made.secret, 999).await.unwrap().unwrap();
    assert_eq!((used.name.as_str(), used.role), ("scada", Role::Operator));
    assert_eq!(store.tokens().await.unwrap()[0].used_ms, Some(999));
    assert!(store.use_token(&made.secret, 1_000).await.unwrap().is_none());
    assert!(store.use_token("dinrail_guess", 0).await.unwrap().is_none());
    assert!(store.use_token("", 0).await.unwrap().is_none());

    let bench = bench.reopened().await;
    assert!(bench.store.use_token(&made.secret, 999).await.unwrap().is_some());
    assert!(bench.store.remove_token(&made.token.id).await.unwrap());
    assert!(!bench.store.remove_token(&made.token.id).await.unwrap());
    assert!(bench.store.use_token(&made.secret, 999).await.unwrap().is_none());
}

#[tokio::test]
async fn the_session_key_is_of_the_installation() {
    let (one, other) = (Bench::new().await, Bench::new().await);
    let key = *one.store.session_key();
    assert_ne!(key, *other.store.session_key());
    assert_eq!(key, *one.reopened().await.store.session_key());
}
