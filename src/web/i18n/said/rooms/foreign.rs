//! What the operating system and libraries say within our sentences.

super::list! {
    // The operating system (errno(3), as the C library words it).
    "Operation not permitted (os error 1)", "허용되지 않은 작업(os error 1)";
    "No such file or directory (os error 2)", "파일이나 폴더가 없음(os error 2)";
    "Input/output error (os error 5)", "입출력 오류(os error 5)";
    "No such device or address (os error 6)", "장치나 주소가 없음(os error 6)";
    "Permission denied (os error 13)", "권한 없음(os error 13)";
    "Device or resource busy (os error 16)", "장치가 사용 중(os error 16)";
    "No such device (os error 19)", "장치가 없음(os error 19)";
    "Not a directory (os error 20)", "폴더가 아님(os error 20)";
    "Is a directory (os error 21)", "폴더임(os error 21)";
    "Invalid argument (os error 22)", "잘못된 인수(os error 22)";
    "Too many open files (os error 24)", "열린 파일이 너무 많음(os error 24)";
    "Inappropriate ioctl for device (os error 25)", "장치가 지원하지 않는 요청(os error 25)";
    "No space left on device (os error 28)", "저장 공간 부족(os error 28)";
    "Read-only file system (os error 30)", "읽기 전용 파일 시스템(os error 30)";
    "Broken pipe (os error 32)", "연결이 끊어짐(os error 32)";
    "Operation not supported (os error 95)", "지원하지 않는 작업(os error 95)";
    "Address already in use (os error 98)", "이미 사용 중인 주소(os error 98)";
    "Cannot assign requested address (os error 99)", "이 기기의 주소가 아님(os error 99)";
    "Network is unreachable (os error 101)", "네트워크에 접속할 수 없음(os error 101)";
    "Connection reset by peer (os error 104)", "상대가 연결을 끊음(os error 104)";
    "Connection timed out (os error 110)", "연결 시간 초과(os error 110)";
    "Connection refused (os error 111)", "연결 거부(os error 111)";
    "No route to host (os error 113)", "호스트까지의 경로 없음(os error 113)";
    "failed to lookup address information: {}", "주소를 찾지 못함: {0}";
    "Name or service not known", "알 수 없는 이름";
    "Temporary failure in name resolution", "이름 확인이 일시적으로 실패함";
    "No address associated with hostname", "이름에 해당하는 주소가 없음";

    // Reading JSON (serde).
    "{} at line {} column {}", "{0}, {1}행 {2}열";
    "missing field `{}`", "`{0}` 항목이 없음";
    "unknown field `{}`, expected {}", "`{0}` 항목은 없음. 쓸 수 있는 것: {1}";
    "duplicate field `{}`", "`{0}` 항목이 두 번 있음";
    "unknown variant `{}`, expected {}", "`{0}` 값은 쓸 수 없음. 쓸 수 있는 것: {1}";
    "invalid type: {}, expected {}", "형식이 다름: {0}, 필요한 형식: {1}";
    "invalid value: {}, expected {}", "값이 다름: {0}, 필요한 값: {1}";
    "one of {}", "다음 중 하나: {0}";
    "a string", "텍스트";
    "a boolean", "true 또는 false";
    "expected value", "값이 필요함";
    "expected ident", "알 수 없는 낱말";
    "trailing characters", "끝에 불필요한 문자가 있음";
    "trailing comma", "끝에 불필요한 쉼표가 있음";
    "key must be a string", "키는 텍스트여야 함";
    "EOF while parsing a value", "값을 읽는 중에 끝남";
    "EOF while parsing an object", "객체를 읽는 중에 끝남";
    "EOF while parsing a list", "목록을 읽는 중에 끝남";
    "EOF while parsing a string", "텍스트를 읽는 중에 끝남";
    "invalid number", "잘못된 숫자";
    "invalid escape", "잘못된 이스케이프";
    "control character (\\u0000-\\u001F) found while parsing a string", "텍스트 안에 제어 문자가 있음";
    "recursion limit exceeded", "중첩이 너무 깊음";
    "lone leading surrogate in hex escape", "유니코드 이스케이프의 짝이 없음";
    "Failed to deserialize query string: {}", "쿼리를 읽을 수 없음: {0}";
    "provided string was not `true` or `false`", "true 또는 false가 아님";
    "invalid digit found in string", "숫자가 아닌 문자가 있음";
    "cannot parse integer from empty string", "숫자가 비어 있음";
    "number too large to fit in target type", "숫자가 너무 큼";
}
