//! What REST and the pages refuse, and what they tell the event log.

super::list! {
    // Device profiles.
    "there is no device profile `{}`", "`{0}` 장치 프로필이 없습니다";
    "the device profile `{}` has no such variant", "`{0}` 장치 프로필에 그 변형이 없습니다";
    "an id has letters A-Z a-z, digits, `-`, `_` and `.`, does not begin with `.`, and has at most 80 of them",
        "id에는 영문자 A-Z a-z, 숫자, `-`, `_`, `.`만 쓸 수 있고 `.`로 시작할 수 없으며 최대 80자입니다";
    "kept a device profile", "장치 프로필을 저장함";
    "removed a device profile", "장치 프로필을 삭제함";
    "profile {}", "프로필 {0}";
    "the device profile could not be kept: {}", "장치 프로필을 저장하지 못했습니다: {0}";
    "a device profile has at most {} MiB", "장치 프로필은 최대 {0} MiB입니다";

    // Files of tags.
    "`separator` is one of comma, semicolon, tab", "`separator` 항목은 comma, semicolon, tab 중 하나여야 합니다";
    "there is no device `{}`", "`{0}` 장치가 없습니다";
    "`{}` is not a value of `{}`", "`{1}` 항목의 값이 아닙니다: `{0}`";
    "line {}: {}", "{0}행: {1}";

    // Who asks.
    "log in, or send a valid token", "로그인하거나 유효한 토큰을 보내세요";
    "this needs the role `{}`", "`{0}` 역할이 필요합니다";
    "the name or the password is wrong", "사용자 이름이나 비밀번호가 잘못되었습니다";
    "too many attempts: wait {} s", "시도가 너무 많습니다. {0}초 기다리세요";
    "the account was changed meanwhile; log in again", "그사이 계정이 바뀌었습니다. 다시 로그인하세요";
    "this request comes from a page of another site", "다른 사이트의 페이지에서 보낸 요청입니다";
    "this appliance is claimed already: log in", "이미 등록된 기기입니다. 로그인하세요";
    "the claim code is another one", "등록 코드가 맞지 않습니다";
    "an API token is no session: an administrator removes it", "API 토큰은 세션이 아닙니다. 관리자가 폐기합니다";
    "an API token has no password", "API 토큰에는 비밀번호가 없습니다";
    "there is no token of this id", "이 id의 토큰이 없습니다";
    "a time such as `2027-01-01T00:00:00Z` is needed", "`2027-01-01T00:00:00Z`와 같은 시각이 필요합니다";
    "this time has passed", "이미 지난 시각입니다";

    // What is sent.
    "send JSON, with the header `Content-Type: application/json`", "`Content-Type: application/json` 헤더와 함께 JSON을 보내세요";
    "the body is larger than the limit of {}", "본문이 한도보다 큽니다. 한도: {0}";
    "the body did not arrive whole", "본문이 끝까지 도착하지 않았습니다";
    "the body took too long to arrive", "본문이 도착하는 데 너무 오래 걸렸습니다";
    "this is not JSON: {}", "JSON이 아닙니다: {0}";
    "there is nothing at this path", "이 경로에는 아무것도 없습니다";
    "this path has other methods: see `Allow`", "이 경로에서는 다른 메서드를 씁니다. `Allow` 헤더를 확인하세요";
    "`limit` is 1 to {}", "`limit` 값은 1~{0}입니다";
    "`match` takes at most {} names and {} patterns", "`match`에는 이름 {0}개, 패턴 {1}개까지 쓸 수 있습니다";
    "`{}` names no tag: {}", "`{0}` 태그는 없습니다: {1}";
    "this account or token follows {} streams already: close one of them",
        "이 계정이나 토큰은 이미 스트림 {0}개를 사용합니다. 그중 하나를 닫으세요";
    "{} streams are open, and no more are served at once; try again later",
        "스트림 {0}개가 열려 있어 더 열 수 없습니다. 나중에 다시 시도하세요";
    "send one `Host` header", "`Host` 헤더를 하나만 보내세요";
    "send one `Authorization` header", "`Authorization` 헤더를 하나만 보내세요";
    "send the body as it is, not compressed", "본문을 압축하지 말고 그대로 보내세요";
    "this is needed here: {}", "여기에 필요한 형식: {0}";
    "the tag `after` is not among these tags, perhaps no more: begin anew",
        "`after` 태그가 목록에 없습니다. 삭제되었을 수 있으니 처음부터 다시 시작하세요";
    "`{}` has no attribute `{}`", "`{0}` 태그에는 `{1}` 속성이 없습니다";
    "a value is true, false, a number or a text", "값은 true, false, 숫자 또는 텍스트여야 합니다";

    // Changes of the configuration.
    "send `If-Match` with the `ETag` of the configuration that was changed, such as \"12\"",
        "변경한 구성의 `ETag`를 \"12\"와 같이 `If-Match` 헤더로 보내세요";
    "the configuration is at revision {} now: read it again", "현재 구성은 리비전 {0}입니다. 다시 읽으세요";
    "{} things are wrong", "잘못된 곳이 {0}군데 있습니다";
    "more is wrong than is told here: these are the first {}", "여기 표시된 것보다 잘못된 곳이 더 많습니다. 처음 {0}군데만 표시합니다";
    "there is no such object in the configuration", "구성에 그런 객체가 없습니다";
    "there is no such {}", "다음 항목이 없습니다: {0!}";
    "the name `{}` is taken", "`{0}` 이름은 이미 사용 중입니다";
    "a new object at this path has the name `{}`", "이 경로의 새 객체 이름은 `{0}`이어야 합니다";
    "the object at this path has another id; leave `id` out", "이 경로의 객체는 id가 다릅니다. `id`를 빼세요";
    "web server", "웹 서버";
    "MQTT connection", "MQTT 연결";
    "user of the embedded broker", "내장 브로커의 사용자";
    "bridge of the embedded broker", "내장 브로커의 브리지";

    // The appliance itself.
    "an internal error; the log of the appliance has the cause", "내부 오류입니다. 원인은 기기의 로그에 있습니다";
    "the database is busy; try again", "데이터베이스가 사용 중입니다. 다시 시도하세요";
    "the disk of the appliance is full", "기기의 디스크가 가득 찼습니다";
    "the configuration is being changed by many at once; try again", "여러 곳에서 동시에 구성을 바꾸고 있습니다. 다시 시도하세요";
    "the appliance is stopping", "기기가 종료되는 중입니다";

    // Lines and writes.
    "the line has too many requests to answer; try again", "라인에 대기 중인 요청이 너무 많습니다. 다시 시도하세요";
    "no line `{}` is running; is it switched on?", "라인 `{0}`: 실행 중이 아닙니다. 켜져 있는지 확인하세요";
    "no device `{}` is running; is it switched on?", "장치 `{0}`: 실행 중이 아닙니다. 켜져 있는지 확인하세요";
    "the module has too many requests to answer; try again", "모듈에 대기 중인 요청이 너무 많습니다. 다시 시도하세요";
    "no module `{}` is running; is it switched on?", "모듈 `{0}`: 실행 중이 아닙니다. 켜져 있는지 확인하세요";
    "there is no channel `{}`", "`{0}` 채널이 없습니다";
    "1 to {} tags are written at once", "태그는 한 번에 1~{0}개를 씁니다";

    // Events.
    "asked the device now", "장치에 바로 물음";
    "forgot what the device taught", "장치에서 학습한 내용을 지움";
    "forced to {}", "{0=} 값으로 강제함";
    "forcing to {}", "{0=} 값으로 강제";
    "forcing ended", "강제를 해제함";
    "ending the forcing", "강제 해제";
    "forcing ended on {} channels", "채널 {0}개의 강제를 해제함";
    "logged in", "로그인";
    "logged out", "로그아웃";
    "wrong name or password", "잘못된 이름 또는 비밀번호";
    "{}; the next attempts are held back for {} s", "{0}. 다음 시도는 {1}초 동안 보류됩니다";
    "wanted: {}; it needs the role `{}`", "요청: {0}. `{1}` 역할이 필요합니다";
    "wanted: {}; {}", "요청: {0}. {1}";
    "wanted: {}; the store failed", "요청: {0}. 저장소 오류가 났습니다";
    "a wrong claim code", "잘못된 등록 코드";
    "claimed the appliance", "기기를 등록함";
    "made an API token with the role `{}`", "`{0}` 역할의 API 토큰을 만듦";
    "removed the API token", "API 토큰을 폐기함";
    "made an account with the role `{}`", "`{0}` 역할의 계정을 만듦";
    "gave the role `{}`", "`{0}` 역할을 줌";
    "set the password", "비밀번호를 설정함";
    "removed the account", "계정을 삭제함";
    "a wrong present password at a change of it", "비밀번호 변경 시 현재 비밀번호가 틀림";
    "changed the own password", "자신의 비밀번호를 변경함";
    "entered the safe mode by hand", "안전 모드를 수동으로 시작했습니다";
    "left the safe mode by hand", "안전 모드를 수동으로 끝냈습니다";
    "the product of `{}` is no I/O module", "`{0}` 제품은 I/O 모듈이 아닙니다";

    // The SNMP agent.
    "the agent has too many requests to answer; try again", "에이전트가 처리할 요청이 너무 많습니다. 다시 시도하세요";
    "there is no receiver `{}`, or it is switched off", "`{0}` 수신자가 없거나 꺼져 있습니다";
    "a test notification is sent", "시험 통지를 보냅니다";
    "the SNMP agent is switched off", "SNMP 에이전트가 꺼져 있습니다";
    "SNMP agent", "SNMP 에이전트";
    "SNMP community", "SNMP 커뮤니티";
    "SNMP user", "SNMP 사용자";
    "SNMP view", "SNMP 뷰";
    "SNMP receiver", "SNMP 수신자";
    "SNMP rule", "SNMP 규칙";

    // Certificates as they come in.
    "the file is to be sent in base64", "파일은 base64로 보내야 합니다";
    "a certificate lasts 1..{} days", "인증서의 유효 기간은 1~{0}일입니다";
    "a certificate is for 1..{} host names or addresses", "인증서의 호스트 이름이나 주소는 1~{0}개입니다";
    "give exactly one of `pem`, `pkcs12` and `self_signed`", "`pem`, `pkcs12`, `self_signed` 중 정확히 하나를 지정하세요";
}
