//! Units, commands, changes of the configuration, previews.

super::list! {
    // The user's own device profiles.
    "larger than a profile is", "프로필보다 큰 파일";

    // Writes.
    "there is no point `{}`", "`{0}` 포인트가 없습니다";
    "`{}` cannot be written", "`{0}` 태그는 쓸 수 없습니다";
    "`{}` is switched off; enable the tag, its device and its port", "`{0}` 태그는 사용 안 함 상태입니다. 태그와 장치와 포트를 사용으로 바꾸세요";
    "the line of `{}` is not open; the overview says why", "`{0}` 태그의 라인이 열려 있지 않습니다. 이유는 개요 페이지에 있습니다";
    "the device answered exception {} ({})", "장치가 예외로 응답했습니다: {0}({1})";
    "illegal function", "지원하지 않는 기능";
    "illegal data address", "없는 주소";
    "illegal data value", "거부된 값";
    "server device failure", "장치 고장";
    "server device busy", "장치 사용 중";
    "memory parity error", "메모리 패리티 오류";
    "gateway path unavailable", "게이트웨이 경로 없음";
    "gateway target device failed to respond", "대상 장치 응답 없음";
    "unknown code", "알 수 없는 코드";
    "too many commands are waiting; try again", "대기 중인 명령이 너무 많습니다. 다시 시도하세요";
    "the device did not answer", "장치가 응답하지 않았습니다";
    "the driver of `{}` is not running", "`{0}` 태그의 드라이버가 실행 중이 아닙니다";
    "the device was written and reads back {}", "장치에 썼지만 다시 읽은 값이 다릅니다: {0}";
    "wrote {}", "{0=} 값을 썼습니다";
    "writing {}: {}", "{0=} 쓰기: {1}";

    // Changes of the configuration.
    "the configuration has changed meanwhile; it is at revision {}", "그사이 구성이 바뀌었습니다. 현재 리비전은 {0}입니다";
    "the configuration has errors", "구성에 오류가 있습니다";
    "the configuration could not be stored: {}", "구성을 저장하지 못했습니다: {0}";
    "the check was cut off", "검사가 중단되었습니다";
    "{} all need {}", "같은 자원을 여럿이 사용합니다({1}): {0}";
    "serial port {}", "시리얼 포트 {0}";
    "GPIO line {}", "GPIO 라인 {0}";
    "output {}", "출력 {0}";
    "TCP address {}", "TCP 주소 {0}";
    "revision {}: {}", "리비전 {0}: {1}";
    "no unit is touched", "바뀌는 유닛 없음";

    // Units.
    "the task is busy", "작업이 밀려 있습니다";
    "the task has stopped", "작업이 멈췄습니다";
    "an internal error (panic)", "내부 오류(패닉)";
    "it was cut off", "강제로 중단되었습니다";
    "degraded: {}", "저하: {0}";
    "failed: {}", "실패: {0}";
    "events cannot be stored: {}", "이벤트를 저장할 수 없습니다: {0}";
    "{} more refused; of one minute the first {} are written", "{0}건이 더 거부됨. 1분 동안 처음 {1}건만 기록합니다";
    "{} more of the same; of one minute the first {} are written", "같은 일이 {0}건 더 있음. 1분 동안 처음 {1}건만 기록합니다";
    "{} was open to other users of this host (mode {}); it is not any more",
        "이 호스트의 다른 사용자에게 열려 있어 닫았습니다(모드 {1}): {0}";
    "{} is open to other users, and stays so: {}", "다른 사용자에게 열려 있으며 닫지 못했습니다: {0}({1})";
    "{} can be written by other users, and stays so: {}", "다른 사용자가 쓸 수 있으며 막지 못했습니다: {0}({1})";
    "this file system keeps no permissions", "이 파일 시스템은 권한을 저장하지 않습니다";
    "internal registers", "내부 레지스터";
    "embedded broker", "내장 브로커";
    "Modbus/TCP server", "Modbus/TCP 서버";
    "browser and REST server", "브라우저와 REST 서버";
    "event log", "이벤트 로그";
    "health watch", "상태 감시";
    "queue sweep", "MQTT 대기열 정리";

    // Requests of others to a line.
    "too many requests wait for the line", "라인에서 기다리는 요청이 너무 많습니다";
    "the line is not open", "라인이 열려 있지 않습니다";

    // Channels.
    "`{}` means nothing while the channel's mode is `{}`", "채널 모드가 `{1}`인 동안 `{0}` 항목은 쓸 수 없습니다";
    "the outputs are held at their safe values ({})", "출력이 안전값으로 고정되어 있습니다({0})";
    "`{}` is forced by hand; end that first", "`{0}` 값이 수동으로 고정되어 있습니다. 먼저 해제하세요";
    "the module could not be written: {}", "모듈에 쓰지 못했습니다: {0}";
    "the module of `{}` does not answer; the lines page says why", "`{0}` 태그의 모듈이 응답하지 않습니다. 원인은 라인 페이지에 있습니다";

    // Safe mode.
    "safe mode", "안전 모드";
    "outputs go to their safe values: {}", "출력이 안전값으로 바뀝니다: {0}";
    "outputs can be written again", "출력에 다시 쓸 수 있습니다";
    "no Modbus/TCP request for {} s", "{0}초 동안 Modbus/TCP 요청 없음";
    "no MQTT connection for {} s", "{0}초 동안 MQTT 연결 없음";
    "no REST request for {} s", "{0}초 동안 REST 요청 없음";
    "entered by hand", "수동으로 시작됨";

    // Previews.
    "a message on `{}` has {} KiB", "`{0}` 토픽의 메시지 크기가 {1}KiB입니다";

    "UDP address {}", "UDP 주소 {0}";

    // Certificates.
    "certificate watch", "인증서 감시";
    "the certificate has expired", "인증서가 만료되었습니다";
    "the certificate expires within a day", "인증서가 하루 안에 만료됩니다";
    "the certificate expires in {} days", "인증서가 {0}일 뒤에 만료됩니다";
}
