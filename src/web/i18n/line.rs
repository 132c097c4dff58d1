//! The page of the lines.

crate::web::i18n::declare! {
    LINES = "line.lines": "Lines", "라인";
    SHARES = "line.shares": "Where the time goes", "시간 사용";
    DEVICES = "line.devices": "Devices", "장치";
    TIMELINE = "line.timeline": "Latest transactions", "최근 트랜잭션";
    FOLLOW = "line.follow": "Follow", "실시간";
    TROUBLE_ONLY = "line.trouble_only": "Only what failed", "실패만 표시";
    COL_TIME = "line.col_time": "Time", "시각";
    COL_DEVICE = "line.col_device": "Device", "장치";
    COL_FUNCTION = "line.col_function": "Function", "기능";
    COL_ADDRESS = "line.col_address": "Address", "주소";
    COL_COUNT = "line.col_count": "Count", "개수";
    COL_RESULT = "line.col_result": "Result", "결과";
    COL_SPLIT = "line.col_split": "Where the time went", "시간 내역";
    COL_MS = "line.col_ms": "ms", "밀리초";
}

/// Words that scripts ask for.
pub(in crate::web::i18n) mod scripts {
    crate::web::i18n::declare_for_scripts! {
        "line.none": "No line is running. Ports are added under Ports.", "실행 중인 라인이 없습니다. 포트에서 추가하세요.";
        "line.load": "Load", "부하";
        "line.stretch": "Periods last", "주기 배율";
        "line.overloaded": "The periods ask for {load} of the line's time: every period lasts {stretch} times as long as wanted. Poll less often, read fewer values, or raise the speed.", "폴링 주기가 라인 시간의 {load}를 요구하여 모든 주기가 원하는 값의 {stretch}배가 됩니다. 폴링을 줄이거나, 읽는 값을 줄이거나, 속도를 높이세요.";
        "line.noise": "Stray bytes", "잡음 바이트";
        "line.latency_timer": "USB latency timer", "USB 지연 타이머";
        "line.foreign": "Foreign frames", "다른 프레임";
        "line.percentiles": "Round trip, ms (p50 / p95 / p99)", "왕복 시간, ms (p50 / p95 / p99)";
        "line.oldest": "Oldest value", "가장 오래된 값";
        "line.next": "Next", "다음";
        "line.diagnosis": "Is it the cable?", "케이블 문제인가요?";
        "line.well": "Nothing unusual.", "이상 없음.";
        "line.retry": "Ask now", "지금 묻기";
        "line.retry_of": "Ask {name} now", "{name}에 지금 묻기";
        "line.asked": "{name} is asked now.", "{name}에 지금 묻습니다.";
        "lesson.refused": "Refused ({n}): {what}.", "거부되는 값 {n}개: {what}.";
        "lesson.silence": "silent", "무응답";
        "lesson.tables": "It does not know these tables: {what}.", "지원하지 않는 테이블: {what}.";
        "lesson.registers": "It answers at most {n} registers in one read.", "한 번에 읽는 레지스터는 최대 {n}개입니다.";
        "lesson.bits": "It answers at most {n} bits in one read.", "한 번에 읽는 비트는 최대 {n}개입니다.";
        "lesson.apart": "Not read in one: {what}.", "한 번에 읽지 않는 범위: {what}.";
        "lesson.forget": "Forget lessons", "학습 내용 지우기";
        "lesson.forget_of": "Forget what {name} taught", "{name}에서 학습한 내용 지우기";
        "lesson.forgotten": "What {name} taught is forgotten; what still holds will be learnt again.", "{name}에서 학습한 내용을 지웠습니다. 여전히 해당하는 것은 다시 학습합니다.";
        "share.wire": "on the wire", "전송";
        "share.device": "device", "장치 대기";
        "share.silence": "silence", "무음";
        "share.ours": "ours", "자체 지연";
        "share.idle": "idle", "유휴";
        "function.1": "read coils", "코일 읽기";
        "function.2": "read discrete inputs", "이산 입력 읽기";
        "function.3": "read holding registers", "홀딩 레지스터 읽기";
        "function.4": "read input registers", "입력 레지스터 읽기";
        "function.5": "write coil", "코일 쓰기";
        "function.6": "write register", "레지스터 쓰기";
        "function.15": "write coils", "코일 여러 개 쓰기";
        "function.16": "write registers", "레지스터 여러 개 쓰기";
        "function.22": "write bits of a register", "레지스터 비트 쓰기";
        "function.23": "read and write registers", "레지스터 읽고 쓰기";
        "outcome.ok": "ok", "성공";
        "outcome.no_answer": "no answer", "응답 없음";
        "outcome.crc": "wrong check sum", "체크섬 오류";
        "outcome.unfit": "does not fit", "맞지 않는 응답";
        "outcome.never_silent": "line never silent", "무음 구간 없음";
        "outcome.not_a_request": "not sent", "보내지 않음";
        "diagnosis.never_heard": "Never heard. Check the unit id, the speed and parity, the wiring (A and B swapped?), and that the device has power.", "응답한 적이 없습니다. 유닛 ID, 속도와 패리티, 배선(A와 B가 바뀌었는지), 전원을 확인하세요.";
        "diagnosis.gone": "It answered before and does not any more. Check its power, and the cable to it.", "전에는 응답했지만 지금은 응답하지 않습니다. 전원과 케이블을 확인하세요.";
        "diagnosis.parameters": "Something answers, and no frame is whole. Speed, parity or stop bits differ from the device's, or two devices have this unit id.", "응답은 있지만 온전한 프레임이 없습니다. 속도, 패리티, 정지 비트가 장치와 다르거나 같은 유닛 ID를 쓰는 장치가 둘입니다.";
        "diagnosis.cabling": "Some frames arrive broken: it is the cable. Check termination at both ends, shield and ground, and the distance to motors; or lower the speed.", "일부 프레임이 깨져서 도착합니다. 케이블 문제입니다. 양 끝 종단, 차폐와 접지, 모터와의 거리를 확인하거나 속도를 낮추세요.";
        "diagnosis.foreign": "Frames arrive that nobody asked for: there is a second master on the line, or two devices have one unit id.", "요청하지 않은 프레임이 옵니다. 라인에 다른 마스터가 있거나 같은 유닛 ID를 쓰는 장치가 둘입니다.";
        "diagnosis.timeout_short": "Answers come, after the time-out. Lengthen it, or leave it automatic.", "응답이 제한 시간 뒤에 옵니다. 제한 시간을 늘리거나 자동으로 두세요.";
        "diagnosis.losing": "Some requests get no answer at all. Look for a loose contact; if the device is slow between two requests, give it a pause (min_gap_ms).", "일부 요청에 전혀 응답이 없습니다. 접촉 불량을 확인하고, 장치가 요청 사이에 느리면 간격(min_gap_ms)을 주세요.";
        "diagnosis.address": "The device has not got all addresses that are read (exception 02). Compare the addresses with its manual; many count from 1.", "읽는 주소 중 장치에 없는 것이 있습니다(예외 02). 설명서의 주소와 비교하세요. 1부터 세는 설명서가 많습니다.";
        "diagnosis.unsupported": "The device does not know a function or an amount that is asked for (exceptions 01, 03). Choose another table, or smaller reads.", "장치가 요청한 기능이나 개수를 지원하지 않습니다(예외 01, 03). 다른 테이블을 고르거나 읽기 크기를 줄이세요.";
        "diagnosis.busy": "The device has no time (exceptions 05, 06). Poll it less often.", "장치가 바쁩니다(예외 05, 06). 폴링을 줄이세요.";
        "diagnosis.gateway": "The gateway between does not reach the device (exceptions 0A, 0B). Look at its far side.", "중간 게이트웨이가 장치에 닿지 못합니다(예외 0A, 0B). 게이트웨이 건너편을 확인하세요.";
        "diagnosis.fault": "The device reports a fault of its own (exceptions 04, 07, 08).", "장치가 자체 고장을 알립니다(예외 04, 07, 08).";
    }
}
