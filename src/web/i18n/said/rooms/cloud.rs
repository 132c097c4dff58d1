//! Clouds: what their settings refuse, and what their commands are answered.

super::list! {
    "`{}` does not go with the `cloud` of this connection; here there are {}",
        "이 연결의 `cloud`와 함께 쓸 수 없는 값입니다: `{0}`. 쓸 수 있는 값: {1}";
    "this cloud takes QoS 0 and 1", "이 클라우드는 QoS 0과 1만 받습니다";
    "with this `preset` the topic is given: leave `topic` out", "이 `preset`에서는 토픽이 정해져 있습니다. `topic` 항목을 빼세요";
    "with this `preset` the payload is given: leave `{}` out", "이 `preset`에서는 페이로드가 정해져 있습니다. `{0}` 항목을 빼세요";
    "with this `preset` the form of commands is given: leave `{}` out",
        "이 `preset`에서는 명령의 형식이 정해져 있습니다. `{0}` 항목을 빼세요";
    "this cloud knows a device by its certificate: choose one in `tls`",
        "이 클라우드는 인증서로 장치를 확인합니다. `tls`에서 인증서를 선택하세요";
    "`{}` follows from `cloud`: leave it out", "`{0}` 값은 `cloud`에서 정해집니다. 이 항목을 빼세요";
    "`{}` is missing: this cloud asks for it", "`{0}` 항목이 없습니다. 이 클라우드에 필요합니다";
    "this cloud speaks MQTT 3.1.1", "이 클라우드는 MQTT 3.1.1을 씁니다";
    "`private_key` is a PEM text of an RSA key of at least 2048 bits, or of a P-256 key as PKCS #8 (`-----BEGIN PRIVATE KEY-----`)",
        "`private_key` 항목에는 2048비트 이상의 RSA 키 또는 PKCS #8 형식의 P-256 키를 PEM 텍스트(`-----BEGIN PRIVATE KEY-----`)로 넣으세요";
    "AWS IoT Core answers on port 8883 or 443", "AWS IoT Core의 포트는 8883 또는 443입니다";
    "a device id with `+` or `#` cannot be used with MQTT", "`+` 또는 `#`이 있는 장치 ID는 MQTT에서 쓸 수 없습니다";
    "`shared_access_key` is the device's primary or secondary key, in base64",
        "`shared_access_key` 항목에는 장치의 기본 키 또는 보조 키를 base64로 넣으세요";
    "`{}` is a host name such as `broker.example`, without `mqtts://` and port",
        "`{0}` 항목에는 `mqtts://`와 포트 없이 `broker.example` 같은 호스트 이름을 넣으세요";
    "`{}` has letters A-Z a-z, digits and `{}`", "`{0}` 항목에는 영문자, 숫자와 `{1}`만 쓸 수 있습니다";
    "a message asks for at most {} tags", "메시지 하나로 쓸 수 있는 태그는 최대 {0}개입니다";
    "none of the properties is a tag such as `oven:setpoint`", "속성 중에 `oven:setpoint` 같은 태그가 없습니다";
    "the request names no tag: send `{{\"tag\": \"oven/setpoint\", \"value\": 180}}`",
        "요청에 태그가 없습니다. `{{\"tag\": \"oven/setpoint\", \"value\": 180}}` 형식으로 보내세요";
    "`{}` is not `module@channel`", "`모듈@채널` 형식이 아닙니다: `{0}`";
    "the settings of the connection are not complete", "연결 설정이 아직 완성되지 않았습니다";
    "the cloud does not take what is reported: {} {}", "클라우드가 보고된 내용을 받지 않습니다: {0} {1}";
    "; the clock of this appliance is not set, so that no token of it holds", ". 이 기기의 시계가 맞지 않아 토큰이 유효하지 않습니다";
    "the platform takes letters, digits and `_` in identifiers: it will not know `{}`",
        "플랫폼의 식별자에는 영문자, 숫자, `_`만 쓸 수 있습니다. `{0}` 태그는 인식되지 않습니다";
}
