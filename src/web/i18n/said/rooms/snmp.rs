//! The SNMP agent: why it is not well, and whom it does not let in.

super::list! {
    "{}: an unknown community", "{0=}: 알 수 없는 커뮤니티";
    "SNMPv3: a security level that is not permitted", "SNMPv3: 허용되지 않은 보안 수준";
    "SNMPv3: an unknown user", "SNMPv3: 알 수 없는 사용자";
    "SNMPv3: a wrong authentication password", "SNMPv3: 잘못된 인증 비밀번호";
    "SNMPv3: a wrong privacy password", "SNMPv3: 잘못된 개인정보 보호 비밀번호";
    "the engine's time has run out: restart the agent", "엔진 시간이 다 되었습니다. 에이전트를 다시 시작하세요";
    "the agent's thread cannot be started: {}", "에이전트의 스레드를 시작할 수 없습니다: {0}";
    "the agent cannot listen on {}: {}", "에이전트가 {0} 주소에서 수신할 수 없습니다: {1}";
    "the agent's memory cannot be kept: {}", "에이전트의 기억을 저장할 수 없습니다: {0}";
    "the agent: {}", "에이전트: {0}";
    "the agent panicked", "에이전트 내부 오류(패닉)";
    "a test, asked for by hand", "사람이 요청한 시험";
}
