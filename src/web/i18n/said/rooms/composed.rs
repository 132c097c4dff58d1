//! Sentences that the sources put together from parts, as they are read in the end.

super::list! {
    // The event of a unit.
    "up", "정상";
    "stopped", "중지";
    // What a change of the configuration touched.
    "stops {}", "중지: {0}";
    "starts {}", "시작: {0}";
    "updates {}", "갱신: {0}";
    // The program itself.
    "started, version {}", "시작, 버전 {0}";
    "stopping, version {}", "종료, 버전 {0}";
    // Words that stand in a place of their own.
    "appliance", "기기";
    "port", "포트";
    "ports", "포트";
    "device", "장치";
    "module", "모듈";
    "channel", "채널";
    "devices", "장치";
    "tag", "태그";
    "tags", "태그";
    "publication", "발행";
    "certificates", "인증서";
    "publications", "발행";
    "subscriptions", "구독";
    "subscription", "구독";
    "object", "객체";
    "string", "문자열";
    "coil", "코일";
    "discrete", "이산 입력";
}
