//! Modbus devices, serial lines and what goes wrong on them.

super::list! {
    // Values and addresses.
    "`{}` is not a byte order of {}; it is one of {}", "`{0}` 값은 {1} 형식의 바이트 순서가 아닙니다. 다음 중 하나여야 합니다: {2}";
    "a string has no byte order: the high byte of each register comes first",
        "문자열에는 바이트 순서가 없습니다. 각 레지스터의 상위 바이트가 먼저 옵니다";
    "the count must be at least 1", "개수는 1 이상이어야 합니다";
    "{} items from address {} end beyond 65535", "주소 {1}부터 {0}개는 65535를 넘어갑니다";
    "a value must be a finite number", "값은 유한한 숫자여야 합니다";
    "{} is outside the permitted range {}", "{0} 값이 허용 범위를 벗어났습니다: {1}";
    "{} to {}", "{0}~{1}";
    "from {}", "{0} 이상";
    "up to {}", "{0} 이하";
    "{} does not fit type {}", "{0} 값은 {1} 형식에 들어가지 않습니다";
    "the text has {} bytes, the tag holds {} without NUL", "텍스트는 {0}바이트인데 태그에는 NUL을 빼고 {1}바이트까지 들어갑니다";
    "the value takes {} registers, the device takes {} per write", "값에는 레지스터 {0}개가 필요하지만 장치는 한 번에 {1}개까지 씁니다";
    "no valid value", "유효하지 않은 값";

    // Messages.
    "function {} is not supported", "기능 {0}번은 지원하지 않습니다";
    "{} items do not fit one message", "{0}개는 한 메시지에 들어가지 않습니다";
    "malformed message", "형식이 잘못된 메시지입니다";
    "the reply does not match its request", "응답이 요청과 맞지 않습니다";
    "no answer", "응답 없음";
    "wrong CRC", "CRC 오류";
    "the answer does not fit the request", "응답이 요청과 맞지 않습니다";
    "the line is never silent", "라인이 조용해지지 않습니다";
    "not a request", "요청이 아닙니다";

    // Lines.
    "cannot connect to {}: {}", "{0=} 주소에 연결할 수 없습니다: {1}";
    "{} closed the connection", "{0=} 쪽에서 연결을 닫았습니다";
    "the connection to {} is lost: {}", "{0=} 주소와의 연결이 끊어졌습니다: {1}";
    "{} does not speak Modbus/TCP: it sent a message with {}",
        "{0=} 주소의 상대는 Modbus/TCP를 쓰지 않습니다. 받은 메시지의 값: {1}";
    "protocol identifier {}", "프로토콜 식별자 {0}";
    "length {}", "길이 {0}";
    "{} began a message and never ended it", "{0=} 쪽에서 메시지를 보내다가 끝내지 않았습니다";
    "{} takes no more requests", "{0=} 쪽에서 요청을 더 받지 않습니다";
    "the USB adapter holds what it receives for {} ms, which slows every request: let a udev rule write {} to {} ({})",
        "USB 어댑터가 받은 데이터를 {0}ms 동안 모았다가 넘겨 모든 요청이 느려집니다. udev 규칙으로 {2=} 파일에 값 {1} 쓰기를 설정하세요({3})";
    "it stays as it is", "값이 바뀌지 않음";
    "the line is busy", "라인이 사용 중입니다";
    "the line is closed", "라인이 닫혀 있습니다";
    "the request was taken back", "요청이 취소되었습니다";
    "{} does not exist", "{0=} 경로가 없습니다";
    "{} is in use by another program", "다른 프로그램이 {0=} 경로를 사용 중입니다";
    "no permission to open {} (is the user in the group that owns it, usually `dialout`?)",
        "{0} 경로를 열 권한이 없습니다(사용자가 소유 그룹, 보통 `dialout`에 속해 있는지 확인하세요)";
    "{} is not a serial line", "{0} 경로는 시리얼 라인이 아닙니다";
    "{} cannot do {}", "{0} 경로에서 지원하지 않는 설정입니다: {1}";
    "cannot open {}: {}", "{0} 경로를 열 수 없습니다: {1}";
    "RS-485 (2 wires)", "RS-485(2선)";
    "RS-485 (4 wires)", "RS-485(4선)";
    "the port's driver does not switch to {} itself ({}); the hardware must",
        "포트 드라이버가 {0} 모드로 직접 전환하지 않습니다({1}). 하드웨어에서 전환해야 합니다";
    "{} is gone: {}", "{0} 경로가 사라졌습니다: {1}";
    "{} does not answer", "{0=} 응답 없음";
    "{} and {} more do not answer", "{0} 외 {1}대 응답 없음";

    // Internal registers.
    "the kept values of internal registers could not be read", "보관된 내부 레지스터 값을 읽지 못했습니다";
    "values could not be kept: {}", "값을 보관하지 못했습니다: {0}";
    "one bit is written to all devices by function 22 only: set `write_function` to `auto`",
        "모든 장치에 비트 하나를 쓰려면 기능 22가 필요합니다. `write_function`을 `auto`로 두세요";

    // Remote I/O modules.
    "`{}` cannot be {}", "`{0}` 채널에 쓸 수 없는 값입니다: {1}";
    "{} does not fit {}", "`{1}` 항목에 맞지 않는 값입니다: {0}";

    // I/O modules.
    "the kept counts cannot be read: {}", "보존된 카운트를 읽을 수 없습니다: {0}";
    "no thread for the module: {}", "모듈의 스레드를 만들 수 없습니다: {0}";
    "`{}` cannot show that value", "`{0}` 항목으로 나타낼 수 없는 값입니다";
    "channel `{}`: {}", "채널 `{0}`: {1}";
    "{} channels have no hardware, the first is `{}`: {}", "채널 {0}개의 하드웨어가 없습니다. 첫 번째는 `{1}`: {2}";
    "channel {} has no PWM output: name it in the driver's `outputs`", "채널 {0}의 PWM 출력이 없습니다. 드라이버의 `outputs`에 적으세요";
    "channel {} has no converter: name it in the driver's `channels`", "채널 {0}의 변환기가 없습니다. 드라이버의 `channels`에 적으세요";
    "channel {} has no line: name it in the driver's `lines`", "채널 {0}의 라인이 없습니다. 드라이버의 `lines`에 적으세요";
    "channel {} is not open", "{0}번 채널이 열려 있지 않습니다";
    "the hardware shows another kind of value", "하드웨어가 다른 종류의 값을 다룹니다";
    "{} holds no number but `{}`", "{0}의 내용이 숫자가 아닙니다: `{1}`";
    "{} is missing; is the device connected, and its kernel driver loaded?", "{0} 파일이 없습니다. 장치가 연결되고 커널 드라이버가 올라와 있는지 확인하세요";
    "{} may not be used; give the user of dinrail the right to it, as by a udev rule",
        "{0} 파일을 쓸 권한이 없습니다. udev 규칙 등으로 dinrail 사용자에게 권한을 주세요";
    "{} is in use by another program or driver", "{0}: 다른 프로그램이나 드라이버가 쓰고 있습니다";
    "{} says a scale of 0", "{0}의 배율이 0입니다";
    "{} cannot be listed ({}); has the kernel its driver for industrial I/O?",
        "{0} 목록을 볼 수 없습니다({1}). 커널에 산업용 I/O 드라이버가 있는지 확인하세요";
    "there is no device `{}` in {}; is it connected, and its kernel driver loaded?",
        "{1} 아래에 `{0}` 장치가 없습니다. 장치가 연결되고 커널 드라이버가 올라와 있는지 확인하세요";
    "`{}` is both {} and {}; name the folder of one", "`{0}` 이름의 장치가 둘입니다({1}, {2}). 한쪽의 폴더 이름을 적으세요";
    "{} has no line `{}`", "{0}에 `{1}` 라인이 없습니다";
    "line {} is in use by another program or driver", "라인 {0}: 다른 프로그램이나 드라이버가 쓰고 있습니다";
}
