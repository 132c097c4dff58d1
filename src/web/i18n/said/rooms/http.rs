//! The words of the HTTP statuses (RFC 9110, section 15; RFC 4918, RFC 6585).

super::list! {
    "Bad Request", "잘못된 요청";
    "Unauthorized", "인증 필요";
    "Payment Required", "결제 필요";
    "Forbidden", "권한 없음";
    "Not Found", "찾을 수 없음";
    "Method Not Allowed", "허용되지 않은 메서드";
    "Not Acceptable", "수락할 수 없음";
    "Proxy Authentication Required", "프록시 인증 필요";
    "Request Timeout", "요청 시간 초과";
    "Conflict", "충돌";
    "Gone", "더 이상 없음";
    "Length Required", "길이 필요";
    "Precondition Failed", "사전 조건 불일치";
    "Payload Too Large", "너무 큰 본문";
    "URI Too Long", "너무 긴 URI";
    "Unsupported Media Type", "지원하지 않는 미디어 형식";
    "Range Not Satisfiable", "범위를 만족할 수 없음";
    "Expectation Failed", "기대를 충족할 수 없음";
    "I'm a teapot", "나는 찻주전자입니다";
    "Misdirected Request", "잘못 전달된 요청";
    "Unprocessable Entity", "처리할 수 없는 내용";
    "Locked", "잠김";
    "Failed Dependency", "선행 요청 실패";
    "Too Early", "너무 이른 요청";
    "Upgrade Required", "업그레이드 필요";
    "Precondition Required", "사전 조건 필요";
    "Too Many Requests", "너무 많은 요청";
    "Request Header Fields Too Large", "너무 큰 요청 헤더";
    "Unavailable For Legal Reasons", "법적 사유로 사용할 수 없음";
    "Internal Server Error", "내부 서버 오류";
    "Not Implemented", "구현되지 않음";
    "Bad Gateway", "잘못된 게이트웨이 응답";
    "Service Unavailable", "서비스를 사용할 수 없음";
    "Gateway Timeout", "게이트웨이 시간 초과";
    "HTTP Version Not Supported", "지원하지 않는 HTTP 버전";
    "Variant Also Negotiates", "협상 순환";
    "Insufficient Storage", "저장 공간 부족";
    "Loop Detected", "순환 감지";
    "Not Extended", "확장 필요";
    "Network Authentication Required", "네트워크 인증 필요";
}
