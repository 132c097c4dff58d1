//! What is said in Korean, and how fast; and that the catalogue is whole.

mod findings;
mod literals;
mod sources;
mod views;

use super::template::{Piece, pieces};
use super::{LONGEST, rooms, said, said_throughout};
use crate::web::i18n::Lang;
use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Instant;

fn sentences() -> impl Iterator<Item = (&'static str, &'static str)> {
    rooms::ALL.iter().copied().flatten().copied()
}

fn has_hangul(text: &str) -> bool {
    text.chars().any(|letter| ('\u{ac00}'..='\u{d7a3}').contains(&letter))
}

#[track_caller]
fn check(english: &str, expect: &str) {
    assert_eq!(said(english, Lang::Ko), expect);
    assert_eq!(said(english, Lang::En), english);
}

#[test]
fn a_sentence_is_said_with_what_stood_in_its_places() {
    check("there is no tag `meter1/voltage`", "`meter1/voltage` 태그가 없습니다");
    check("/dev/ttyUSB7 does not exist", "/dev/ttyUSB7 경로가 없습니다");
    check(
        "`baud` is a whole number 300..4000000, not 12",
        "`baud` 항목은 300~4000000 범위의 정수여야 합니다. 입력된 값: 12",
    );
    check(
        "the broker's certificate is for `a`, not for `b`",
        "브로커 인증서의 이름이 `b` 주소와 맞지 않습니다. 인증서의 이름: `a`",
    );
}

#[test]
fn a_sentence_within_a_sentence_is_said_too() {
    check("`tags` is a list, not a text", "`tags` 항목은 목록이어야 합니다. 입력된 값: 텍스트");
    check(
        "cannot open /dev/ttyS0: Permission denied (os error 13)",
        "/dev/ttyS0 경로를 열 수 없습니다: 권한 없음(os error 13)",
    );
    check(
        "failed: mqtt://plant:1883: the connection is refused: nothing listens there",
        "실패: mqtt://plant:1883: 연결이 거부되었습니다. 그 주소에서 수신하는 프로그램이 없습니다",
    );
    check("revision 12: stops embedded broker, COM1; starts COM1", "리비전 12: 중지: 내장 브로커, COM1; 시작: COM1");
    check("there is no such port", "다음 항목이 없습니다: 포트");
}

#[test]
fn names_and_other_peoples_words_stay_as_they_are() {
    // A device may be called like a word of ours, and a quoted place is never looked into.
    check("port does not answer", "port 응답 없음");
    check("there is no tag `a number`", "`a number` 태그가 없습니다");
    check("wrote no answer", "no answer 값을 썼습니다");
    for foreign in ["", "12", "COM1", "Kessel 3 ist heiß", "보일러", "{}", "the", "LINE 2; LINE 3"] {
        check(foreign, foreign);
    }
    let mut json = json!({"name": "no answer", "units": [{"reason": "no answer", "health": "up"}], "ok": true});
    said_throughout(&mut json, Lang::Ko, &["name"]);
    assert_eq!(json, json!({"name": "no answer", "units": [{"reason": "응답 없음", "health": "up"}], "ok": true}));
}

#[test]
fn the_words_of_every_status_are_said() {
    for status in (400..600).filter_map(|number| http::StatusCode::from_u16(number).ok()) {
        if let Some(title) = status.canonical_reason() {
            assert!(has_hangul(&said(title, Lang::Ko)), "{title}");
        }
    }
}

#[test]
fn the_korean_has_the_places_of_its_english_and_is_korean() {
    let mut known = BTreeSet::new();
    for (english, korean) in sentences() {
        assert!(known.insert(english), "{english} stands twice");
        let wordless = !korean.bytes().any(|byte| byte.is_ascii_alphabetic());
        assert!(has_hangul(korean) || wordless, "{english} has no Korean: {korean}");
        let places = |text: &str| -> BTreeSet<usize> {
            let pieces = pieces(text).unwrap_or_else(|| panic!("a brace means nothing in {text}"));
            let number = |piece| match piece {
                Piece::Text(_) => None,
                Piece::Place(number, _) => Some(number),
            };
            pieces.into_iter().filter_map(number).collect()
        };
        assert_eq!(places(english), places(korean), "the places of {english} and of {korean}");
    }
}

/// Which particle is right depends on the sound before it: none may stand right behind a place.
#[test]
fn no_particle_depends_on_what_stands_in_a_place() {
    const PARTICLES: [&str; 14] =
        ["은", "는", "이", "가", "을", "를", "과", "와", "로", "으로", "이나", "나", "라는", "이라는"];
    for (english, korean) in sentences() {
        let mut behind_a_place = false;
        for piece in pieces(korean).unwrap() {
            if let Piece::Text(text) = &piece
                && behind_a_place
            {
                let open = text.trim_start_matches(['`', '"', ')', '\'']);
                let word = open.split(|letter: char| !has_hangul(&letter.to_string())).next().unwrap();
                assert!(!PARTICLES.contains(&word), "{english}: {word} in {korean}");
            }
            behind_a_place = !matches!(piece, Piece::Text(_));
        }
    }
}

/// Each template with something in its places is recognised as itself or as one that leaves less open.
#[test]
fn every_listed_sentence_is_recognised() {
    for (english, _) in sentences() {
        let sentence: String = pieces(english)
            .unwrap()
            .into_iter()
            .map(|piece| match piece {
                Piece::Text(text) => text,
                Piece::Place(number, _) => format!("x{number}"),
            })
            .collect();
        let korean = said(&sentence, Lang::Ko);
        assert!(korean != sentence, "{sentence} is not recognised");
    }
}

#[test]
fn a_thousand_problems_take_milliseconds() {
    let problems: Vec<String> = (0..1000).map(|n| format!("`t{n}` is a whole number 0..65535, not `x{n}`")).collect();
    said(&problems[0], Lang::Ko);
    let begin = Instant::now();
    assert!(problems.iter().all(|problem| has_hangul(&said(problem, Lang::Ko))));
    // About 25 ms unoptimised; the bound is wide for a machine that is busy.
    assert!(begin.elapsed().as_millis() < 500, "{:?}", begin.elapsed());
}

#[test]
fn hostile_text_is_given_up_early() {
    let begin = Instant::now();
    for piece in ["; ", ": ", ", ", "the ", "`", "` is one of ", ", not ", "the broker ; : , ", " at line 1 column 2"] {
        let text: String = piece.repeat(LONGEST / piece.len());
        said(&text, Lang::Ko);
        said(&text.repeat(1000), Lang::Ko);
    }
    assert!(begin.elapsed().as_secs() < 2, "{:?}", begin.elapsed());
}

proptest! {
    #[test]
    fn any_text_is_said_somehow(text in "\\PC{0,200}") {
        prop_assert_eq!(&said(&text, Lang::En), &text);
        said(&text, Lang::Ko);
    }

    /// Whatever stands in a quoted place comes out as it went in.
    #[test]
    fn a_name_survives(name in "[^`]{0,40}") {
        let korean = said(&format!("there is no tag `{name}`"), Lang::Ko).into_owned();
        prop_assert_eq!(korean, format!("`{name}` 태그가 없습니다"));
    }
}
