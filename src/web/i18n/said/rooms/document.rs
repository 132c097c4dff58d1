//! What is wrong with a configuration document.

super::list! {
    // Any member.
    "an object is needed here, not {}", "여기에는 객체가 필요합니다. 입력된 값: {0}";
    "an object is needed here", "여기에는 객체가 필요합니다";
    "a text is needed here, not {}", "여기에는 텍스트가 필요합니다. 입력된 값: {0}";
    "a number is needed here", "여기에는 숫자가 필요합니다";
    "`{}` has at most {} characters", "`{0}` 항목은 최대 {1}자입니다";
    "`{}` is a text, not {}", "`{0}` 항목은 텍스트여야 합니다. 입력된 값: {1}";
    "`{}` is missing", "`{0}` 항목이 없습니다";
    "`{}` is a whole number {}..{}, not {}", "`{0}` 항목은 {1}~{2} 범위의 정수여야 합니다. 입력된 값: {3}";
    "`{}` is missing: a whole number {}..{}", "`{0}` 항목이 없습니다. {1}~{2} 범위의 정수를 입력하세요";
    "`{}` is a number, not {}", "`{0}` 항목은 숫자여야 합니다. 입력된 값: {1}";
    "`{}` is true or false, not {}", "`{0}` 항목은 true 또는 false여야 합니다. 입력된 값: {1}";
    "`{}` is one of {}, not {}", "`{0}` 항목은 다음 중 하나여야 합니다: {1}. 입력된 값: {2}";
    "`{}` is a list, not {}", "`{0}` 항목은 목록이어야 합니다. 입력된 값: {1}";
    "`{}` is missing: one of {}", "`{0}` 항목이 없습니다. 다음 중 하나를 입력하세요: {1}";
    "{} is not a member here{}", "여기에 없는 항목입니다: {0}{1}";
    "; `{}` is meant, perhaps", ". `{0}` 항목을 뜻한 것 같습니다";
    "true or false", "true 또는 false";
    "a number", "숫자";
    "a text", "텍스트";
    "a list", "목록";
    "an object", "객체";

    // Names.
    "{} is not a name: {}", "이름으로 쓸 수 없습니다: {0}. {1}";
    "a name is missing", "이름이 없습니다";
    "a name has at most 63 characters", "이름은 최대 63자입니다";
    "a name has letters A-Z a-z, digits, `_` and `-`, and does not start with `-`",
        "이름에는 영문자 A-Z a-z, 숫자, `_`, `-`만 쓸 수 있고 `-`로 시작할 수 없습니다";
    "a tag is named `group/name`", "태그 이름은 `group/name` 형식입니다";
    "the name `{}` is taken by the appliance itself", "`{0}` 이름은 기기 자체가 사용합니다";
    "the name `{}` is taken by number {} of this list", "`{0}` 이름은 이 목록의 {1}번째 항목이 이미 사용합니다";
    "the id `{}` stands in the document twice; leave it out for a new object",
        "문서에 id `{0}` 값이 두 번 있습니다. 새 객체라면 id를 빼세요";

    // Device profiles.
    "a device profile begins with `\"format\": \"{}\"`", "장치 프로필의 첫 항목: `\"format\": \"{0}\"`";
    "a profile has at most {} variants", "프로필의 변형은 최대 {0}개입니다";
    "a profile has at most {} tags", "프로필의 태그는 최대 {0}개입니다";
    "{} is not a member a profile sets; it sets {}", "프로필에서 정할 수 없는 항목입니다: {0}. 정할 수 있는 항목: {1}";
    "the name `{}` stands twice", "`{0}` 이름이 두 번 있습니다";

    // What a line is asked to do.
    "{} needs {} % of its time: {}, or raise the line to {} baud",
        "{0} 포트에 가용 시간의 {1} %가 필요합니다. {2}. 또는 라인 속도를 {3} baud로 올리세요";
    "{} needs {} % of its time: {}", "{0} 포트에 가용 시간의 {1} %가 필요합니다. {2}";
    "{} needs {} % of its time: raise the line to {} baud",
        "{0} 포트에 가용 시간의 {1} %가 필요합니다. 라인 속도를 {2} baud로 올리세요";
    "{} needs {} % of its time: move devices to another port, or read fewer tags",
        "{0} 포트에 가용 시간의 {1} %가 필요합니다. 일부 장치를 다른 포트로 옮기거나 읽는 태그를 줄이세요";
    "poll {} every {} ms", "{0} 장치를 {1} ms마다 폴링하세요";
    "poll every device every {} ms", "모든 장치를 {0} ms마다 폴링하세요";

    // Certificates and the way to a broker.
    "the certificate `{}` is switched off", "`{0}` 인증서가 사용 안 함 상태입니다";
    "there is no certificate `{}`", "`{0}` 인증서가 없습니다";
    "`server_name` is a host name or an IP address", "`server_name` 항목은 호스트 이름이나 IP 주소여야 합니다";
    "`alpn` is a list of at most 16 names of protocols, each of 1..255 bytes",
        "`alpn` 항목은 프로토콜 이름의 목록입니다. 최대 16개이며 이름은 1~255바이트입니다";
    "`pinned_key` is the SHA-256 of the broker's public key in base64, `sha256//...`",
        "`pinned_key` 항목은 브로커 공개 키의 SHA-256을 base64로 적은 값입니다. 예: `sha256//...`";
    "`user_properties` is an object of at most {} texts; a name and its text have at most 1000 bytes and no control characters",
        "`user_properties` 항목은 텍스트 최대 {0}개의 객체입니다. 이름과 텍스트는 최대 1000바이트이며 제어 문자를 쓸 수 없습니다";
    "`pointer` is a JSON pointer such as `/data/setpoint` (RFC 6901)", "`pointer` 항목은 `/data/setpoint`와 같은 JSON 포인터여야 합니다(RFC 6901)";
    "`mqtt5` goes with `\"protocol\": \"5\"`", "`mqtt5` 항목은 `\"protocol\": \"5\"`와 함께 씁니다";
    "`tls` goes with a URL that begins with `mqtts://` or `wss://`", "`tls` 항목은 `mqtts://`나 `wss://`로 시작하는 URL과 함께 씁니다";
    "{} is not a broker such as `mqtt://10.0.0.5:1883`, `mqtts://broker.example` or `wss://broker.example/mqtt`",
        "브로커 URL이 아닙니다: {0}. 예: `mqtt://10.0.0.5:1883`, `mqtts://broker.example`, `wss://broker.example/mqtt`";

    // The whole.
    "`{}` is not a format this version reads; it is `{}`", "`{0}` 형식은 이 버전에서 읽을 수 없습니다. 형식은 `{1}`이어야 합니다";
    "`format` is missing; it is `{}`", "`format` 항목이 없습니다. 값은 `{0}`입니다";
    "the document has {} {}; the limit is {}", "문서에 있는 {1!} 항목이 {0}개로 한도 {2}개를 넘습니다";
    "the member `{}` stands here twice: keep one of them", "`{0}` 멤버가 여기에 두 번 있습니다. 하나만 남기세요";
    "there are too many values; the limit is {} numbers, texts, lists and objects in all",
        "값이 너무 많습니다. 숫자, 텍스트, 목록, 객체를 모두 합한 한도: {0}개";
    "lists and objects are too deep in each other; the limit is {} levels",
        "목록과 객체가 너무 깊게 중첩되었습니다. 한도: {0}단계";
    "a member has too long a name; the limit is {} bytes", "이름이 너무 긴 멤버가 있습니다. 한도: {0}바이트";
    "the publications up to this one send {} points (each attribute of each tag counts, in each publication); the limit is {}: name fewer tags or attributes here or before",
        "여기까지의 발행이 보내는 포인트가 {0}개로 한도 {1}개를 넘습니다(발행마다 태그의 속성을 하나씩 셉니다). 이 발행이나 앞선 발행에서 태그나 속성을 줄이세요";
    "the topic can become {} bytes long; MQTT carries {}", "토픽이 {0}바이트까지 길어질 수 있습니다. MQTT 한도: {1}바이트";
    "MQTT connections", "MQTT 연결";
    "`***` stands for a stored secret, and there is none; give it anew",
        "`***`는 저장된 비밀값을 뜻하는데 저장된 값이 없습니다. 다시 입력하세요";
    "{} is not an IANA time zone such as `Asia/Seoul`", "`Asia/Seoul`과 같은 IANA 시간대가 아닙니다: {0}";
    "{} is not an address and port such as `0.0.0.0:8443`", "`0.0.0.0:8443`과 같은 주소와 포트가 아닙니다: {0}";

    // Rules across parts.
    "there is no port `{}`", "`{0}` 포트가 없습니다";
    "on a Modbus/TCP port `unit_id` is 1..247, or 0 or 255 for the server itself",
        "Modbus/TCP 포트에서 `unit_id`는 1~247이며, 서버 자체는 0 또는 255입니다";
    "on this port `unit_id` is 1..247, or 0 to write to all devices at once",
        "이 포트에서 `unit_id`는 1~247이며, 0은 모든 장치에 한꺼번에 쓰기입니다";
    "port `{}` connects to {} too: put the devices there on one port",
        "`{0}` 포트도 {1} 주소에 접속합니다. 그곳의 장치들을 한 포트에 모으세요";
    "`{}` belongs to port `{}` already", "`{0}` 경로는 이미 `{1}` 포트가 사용합니다";
    "the browser and REST server", "브라우저와 REST 서버";
    "listener number {} of the broker", "브로커의 {0}번째 수신 주소";
    "port {} is used by {} already", "{0}번 포트는 이미 사용 중입니다: {1}";
    "there is no tag `{}`", "`{0}` 태그가 없습니다";
    "`{}/{}` matches no tag", "`{0}/{1}` 패턴에 맞는 태그가 없습니다";
    "none of these tags has `{}`", "이 태그 중에 `{0}` 속성을 가진 것이 없습니다";
    "`{}` cannot be written: it is not `writable`", "`{0}` 태그는 쓸 수 없습니다. `writable`이 아닙니다";

    // Devices and tags.
    "only numbers are scaled", "숫자 형식에만 스케일을 쓸 수 있습니다";
    "only numbers have a deadband", "숫자 형식에만 데드밴드를 쓸 수 있습니다";
    "only numbers have write limits", "숫자 형식에만 쓰기 한도를 둘 수 있습니다";
    "only coils and holding registers can be written", "코일과 홀딩 레지스터에만 쓸 수 있습니다";
    "`write_max` is below `write_min`", "`write_max` 값이 `write_min` 값보다 작습니다";
    "a {} is one bit: its type is `bool`", "{0} 항목은 1비트이므로 형식은 `bool`이어야 합니다";
    "a {} is one bit already: leave `bit` out", "{0} 항목은 이미 1비트입니다. `bit`를 빼세요";
    "`bit` goes with type `bool` on a register", "`bit`는 레지스터의 `bool` 형식에만 씁니다";
    "`bool` on a register needs `bit`, 0 = least significant", "레지스터의 `bool` 형식에는 `bit`가 필요합니다(0 = 최하위 비트)";
    "a string needs `length` in registers", "문자열에는 레지스터 수로 `length`가 필요합니다";
    "`length` goes with type `string` only", "`length`는 `string` 형식에만 씁니다";
    "a {} takes {} registers, the device answers {} per read",
        "{0} 형식에는 레지스터 {1}개가 필요하지만 장치는 한 번에 {2}개까지 읽습니다";
    "`order` of a device is one of {}, not {}", "장치의 `order` 항목은 다음 중 하나여야 합니다: {0}. 입력된 값: {1}";
    "`poll_ms` is 0 (flat out) or 10..3600000", "`poll_ms` 항목은 0(쉬지 않고) 또는 10~3600000이어야 합니다";
    "a scale is `{{\"gain\", \"offset\"}}` or `{{\"from\": [a, b], \"to\": [c, d]}}`",
        "스케일은 `{{\"gain\", \"offset\"}}` 또는 `{{\"from\": [a, b], \"to\": [c, d]}}` 형식입니다";
    "a deadband is a number from 0 in the tag's unit, or `{{\"percent\": p}}`",
        "데드밴드는 태그 단위의 0 이상인 숫자 또는 `{{\"percent\": p}}` 형식입니다";
    "the scale maps every raw value to one: its gain must not be 0", "모든 원시값이 한 값이 되는 스케일입니다. 배율은 0이 될 수 없습니다";
    "the scale must be made of finite numbers", "스케일은 유한한 숫자로 이루어져야 합니다";
    "`{}` is not a value of type {}", "`{0}` 값은 {1} 형식이 아닙니다";
    "{} is not a value of type {}", "{1} 형식의 값이 아닙니다: {0}";
    "{} is outside {}..{}", "{0} 값이 {1}~{2} 범위를 벗어났습니다";
    "`type` is missing", "`type` 항목이 없습니다";

    // Ports.
    "`kind` is one of `serial`, `tcp`, `rtu-over-tcp`", "`kind` 항목은 `serial`, `tcp`, `rtu-over-tcp` 중 하나여야 합니다";
    "`path` is an absolute path such as `/dev/ttyUSB0`", "`path` 항목은 `/dev/ttyUSB0`과 같은 절대 경로여야 합니다";
    "{} is not host and port such as `10.0.0.5:502`", "`10.0.0.5:502`와 같은 호스트와 포트가 아닙니다: {0}";
    "RTU framing needs 8 data bits", "RTU 프레이밍에는 데이터 비트 8이 필요합니다";
    "`timeout_ms` is `\"auto\"` or a whole number 10..120000", "`timeout_ms` 항목은 `\"auto\"` 또는 10~120000 범위의 정수여야 합니다";

    // MQTT.
    "a password needs a `username` (MQTT 3.1.1, 3.1.2.9)", "비밀번호를 쓰려면 `username`이 필요합니다(MQTT 3.1.1, 3.1.2.9)";
    "`ca` is a PEM text with `-----BEGIN CERTIFICATE-----`", "`ca` 항목은 `-----BEGIN CERTIFICATE-----`가 있는 PEM 텍스트여야 합니다";
    "only `{{appliance}}` can stand in this topic", "이 토픽에는 `{{appliance}}`만 쓸 수 있습니다";
    "user and password have their own fields, not the URL", "사용자와 비밀번호는 URL이 아니라 각각의 항목에 입력하세요";
    "connection `{}` has the client id `{}` at this broker too: give each its own",
        "`{0}` 연결도 이 브로커에서 클라이언트 ID `{1}` 값을 씁니다. 연결마다 다른 ID를 지정하세요";
    "bridge `{}` has the client id `{}` at this broker too: give each its own",
        "`{0}` 브리지도 이 브로커에서 클라이언트 ID `{1}` 값을 씁니다. 각각 다른 ID를 지정하세요";

    // Bridges of the broker.
    "a bridge has no `{}`: its rules say what crosses", "브리지에는 `{0}` 항목이 없습니다. 무엇을 주고받을지는 규칙으로 정합니다";
    "a bridge sends in the order messages came", "브리지는 메시지가 온 순서대로 보냅니다";
    "a bridge has at most {} rules", "브리지의 규칙은 최대 {0}개입니다";
    "nothing crosses without a rule, such as `{{\"topic\": \"#\", \"direction\": \"out\"}}`",
        "규칙이 없으면 아무것도 주고받지 않습니다. 예: `{{\"topic\": \"#\", \"direction\": \"out\"}}`";
    "topics that begin with `$` belong to this broker: nothing comes in there",
        "`$`로 시작하는 토픽은 이 브로커의 것이므로 그곳으로 받을 수 없습니다";
    "topics that begin with `$` belong to the other broker: give a prefix",
        "`$`로 시작하는 토픽은 상대 브로커의 것입니다. 접두어를 지정하세요";
    "a bridge has no shared subscriptions: every message crosses once",
        "브리지에는 공유 구독을 쓸 수 없습니다. 모든 메시지를 한 번씩 주고받습니다";
    "a prefix is a plain text without `+`, `#` and NUL", "접두어에는 `+`, `#`, NUL을 쓸 수 없습니다";
    "a prefix is whole levels and ends with `/`: `{}/`", "접두어는 온전한 단계로 이루어지며 `/`로 끝나야 합니다. 예: `{0}/`";
    "this is a listener of this very broker: a bridge leads to another one",
        "이 브로커 자신의 수신 주소입니다. 브리지는 다른 브로커로 연결해야 합니다";
    "rule number {} brings some of these topics already: they would come twice",
        "{0}번 규칙이 이 토픽의 일부를 이미 받습니다. 같은 메시지가 두 번 오게 됩니다";
    "with bridge `{}` to the same broker, messages would go round: join the two",
        "같은 브로커로 가는 `{0}` 브리지와 함께 메시지가 끝없이 돌게 됩니다. 두 브리지를 하나로 합치세요";
    "answers there would be taken for commands: give them a topic of their own",
        "그 토픽으로 보낸 응답은 명령으로 읽힙니다. 응답에 별도의 토픽을 지정하세요";
    "this topic can be one that publication `{}` publishes", "이 토픽은 `{0}` 발행이 보내는 토픽과 겹칠 수 있습니다";
    "`tags` names at least one tag, such as `meter1/voltage` or `meter1/*`",
        "`tags` 항목에는 `meter1/voltage` 또는 `meter1/*`처럼 태그가 하나 이상 있어야 합니다";
    "{} is not a tag or glob: {}", "태그나 패턴이 아닙니다: {0}. {1}";
    "`{}` stands here twice", "`{0}` 값이 두 번 있습니다";
    "{} is not an attribute", "속성이 아닙니다: {0}";
    "`trigger` is missing: `{{\"on_change\": true}}`, `{{\"interval_ms\": 5000}}`, both, or a `condition`",
        "`trigger` 항목이 없습니다. `{{\"on_change\": true}}`, `{{\"interval_ms\": 5000}}`, 둘 다, 또는 `condition`을 지정하세요";
    "`min_gap_ms` goes with `on_change`", "`min_gap_ms`는 `on_change`와 함께 씁니다";
    "a trigger has `on_change`, `on_quality`, `every`, `interval_ms`, a `condition` or a `request_topic`",
        "트리거에는 `on_change`, `on_quality`, `every`, `interval_ms`, `condition`, `request_topic` 중 하나가 있어야 합니다";
    "`every` goes with `on_change`, or alone for every reading", "`every`는 `on_change`와 함께 쓰거나, 모든 읽기를 보내려면 단독으로 씁니다";
    "a message there asks for the whole publication: of placeholders only `{{appliance}}` is possible",
        "이 토픽의 메시지는 발행 전체를 요청합니다. 자리표시자는 `{{appliance}}`만 쓸 수 있습니다";
    "a request there would be taken for a command too: give it a topic of its own",
        "이 토픽의 요청은 명령으로도 받아들여집니다. 다른 토픽을 쓰세요";
    "`aligned` goes with `interval_ms` alone", "`aligned`는 `interval_ms`만 있을 때 씁니다";
    "a trigger with a `condition` has no other; `repeat_ms` repeats it while it lasts",
        "`condition`이 있는 트리거에는 다른 조건을 둘 수 없습니다. 지속되는 동안 반복하려면 `repeat_ms`를 쓰세요";
    "`{}` goes with `condition`", "`{0}` 항목은 `condition`과 함께 씁니다";
    "a hysteresis is a number from 0", "히스테리시스는 0 이상인 숫자입니다";
    "`hysteresis` goes with one comparison of a point with a number, such as `oven.temperature > 180`; others end by `leave`",
        "`hysteresis`는 `oven.temperature > 180`처럼 포인트와 숫자를 한 번 비교할 때만 씁니다. 그 밖의 조건은 `leave`로 끝을 정하세요";
    "`hysteresis` and `leave` do not go together: a condition has one end",
        "`hysteresis`와 `leave`는 함께 쓸 수 없습니다. 조건의 끝은 하나입니다";
    "a condition gives true or false, not {}", "조건의 결과는 true 또는 false여야 합니다. 지금 결과: {0}";
    "with this payload a message holds all attributes: leave `{{attribute}}` out",
        "이 페이로드는 모든 속성을 한 메시지에 담습니다. `{{attribute}}`를 빼세요";
    "`{}` {} and `{}` {} would share the topic `{}`: use `{{tag}}` and `{{attribute}}`, or a payload of many tags",
        "`{0}` {1}, `{2}` {3} 값이 토픽 `{4}` 하나로 겹칩니다. `{{tag}}`와 `{{attribute}}`를 쓰거나 여러 태그를 담는 페이로드를 쓰세요";
    "in a subscription a placeholder fills a whole level, as in `write/{{tag}}`",
        "구독에서 자리표시자는 `write/{{tag}}`처럼 한 단계 전체를 차지해야 합니다";
    "each placeholder stands once in a subscription", "구독에서 각 자리표시자는 한 번만 쓸 수 있습니다";
    "the topic must say which tag is meant: use `{{tag}}`, or list exactly one tag",
        "토픽에서 어느 태그인지 알 수 있어야 합니다. `{{tag}}`를 쓰거나 태그를 정확히 하나만 지정하세요";
    "a topic is missing", "토픽이 없습니다";
    "a topic template has at most {} bytes", "토픽 템플릿은 최대 {0}바이트입니다";
    "a topic does not contain `+`, `#` or NUL", "토픽에는 `+`, `#`, NUL을 쓸 수 없습니다";
    "a `{{` or `}}` without its partner", "`{{` 또는 `}}`의 짝이 없습니다";
    "`{{{}}}` is not a placeholder; there are {{appliance}}, {{tag}}, {{group}}, {{name}} and {{attribute}}",
        "`{{{0}}}` 자리표시자는 없습니다. 쓸 수 있는 것: {{appliance}}, {{tag}}, {{group}}, {{name}}, {{attribute}}";
    "topics that begin with `$` belong to the broker", "`$`로 시작하는 토픽은 브로커 전용입니다";

    // I/O modules.
    "over range", "범위 초과";
    "under range", "범위 미달";
    "the name `{}` is taken by a device", "장치가 이미 `{0}` 이름을 쓰고 있습니다";
    "slot {} is taken by module `{}`", "슬롯 {0}: 모듈 `{1}`에서 이미 쓰고 있습니다";
    "`{}` is `\"hold\"` or {}..{} in mode `{}`, not {}",
        "`{3}` 모드에서 `{0}` 값은 `\"hold\"` 또는 {1}..{2}이어야 합니다. 입력된 값: {4}";
    "`{}` is {}..{} in steps of 0.5, not {}", "`{0}` 값은 {1}..{2} 범위에서 0.5 단위여야 합니다. 입력된 값: {3}";
    "`{}` is {}..{}, not {}", "`{0}` 값은 {1}..{2}이어야 합니다. 입력된 값: {3}";
    "`{}` is `\"hold\"` or a number", "`{0}` 값은 `\"hold\"` 또는 숫자여야 합니다";
    "`burnout_value` is `\"hold\"`, `\"null\"` or a number", "`burnout_value` 값은 `\"hold\"`, `\"null\"` 또는 숫자여야 합니다";
    "`driver` is missing, such as `{{\"kind\": \"simulated\"}}`", "`driver` 항목이 없습니다. 예: `{{\"kind\": \"simulated\"}}`";
    "channel {} stands in this list already", "채널 {0} 항목이 이 목록에 이미 있습니다";
    "there is no MQTT connection to be watched: the outputs will go to their safe values and stay there",
        "감시할 MQTT 연결이 없습니다. 출력이 안전값으로 바뀌어 그대로 유지됩니다";
    "there is no Modbus/TCP server to be watched: leave `modbus_s` at 0", "감시할 Modbus/TCP 서버가 없습니다. `modbus_s`를 0으로 두세요";

    // Remote I/O modules.
    "a module has an address of its own: `unit_id` is 1..247", "모듈은 자기 주소가 있어야 합니다. `unit_id`는 1..247입니다";
    "`registers` is missing: pick the module's profile, or say where they lie",
        "`registers` 항목이 없습니다. 모듈의 프로필을 고르거나 레지스터 위치를 지정하세요";
    "the model has no channel that this is of", "이 모델에는 여기에 해당하는 채널이 없습니다";
    "`{}` is missing: where it lies", "`{0}` 항목이 없습니다. 위치를 지정하세요";
    "outputs lie in coils or holding registers", "출력은 코일이나 홀딩 레지스터에 있어야 합니다";
    "a counter is `u16` or `u32`", "카운터는 `u16` 또는 `u32`입니다";
    "only registers hold several channels", "여러 채널을 담을 수 있는 것은 레지스터뿐입니다";
    "numbers lie in registers", "숫자는 레지스터에 있어야 합니다";
    "the last channel would lie beyond address 65535", "마지막 채널의 주소가 65535를 넘습니다";
    "the model has no such channel", "이 모델에는 그 채널이 없습니다";
    "`registers` is missing", "`registers` 항목이 없습니다";

    // The hardware behind I/O modules.
    "PWM is for outputs; {} needs another driver", "PWM은 출력 전용입니다. {0} 모듈에는 다른 드라이버가 필요합니다";
    "lines are on or off; {} needs another driver", "GPIO 라인은 켜짐과 꺼짐뿐입니다. {0} 모듈에는 다른 드라이버가 필요합니다";
    "converters have numbers; {} needs another driver", "변환기는 숫자를 다룹니다. {0} 모듈에는 다른 드라이버가 필요합니다";
    "`chip` is a name such as `pwmchip0`, no path", "`chip` 값은 경로가 아니라 `pwmchip0`과 같은 이름이어야 합니다";
    "output {} {} stands in this list already", "{0} {1} 출력이 이 목록에 이미 있습니다";
    "`chip` is missing here and at the driver, such as `/dev/gpiochip0`",
        "여기와 드라이버에 모두 `chip` 항목이 없습니다. 예: `/dev/gpiochip0`";
    "channel {} is an input; `drive` is for outputs", "{0}번 채널은 입력입니다. `drive` 항목은 출력 전용입니다";
    "channel {} is an output; `debounce_ms` is for inputs", "{0}번 채널은 출력입니다. `debounce_ms` 항목은 입력 전용입니다";
    "channel {} is an output; signals are for inputs", "{0}번 채널은 출력입니다. 신호는 입력 전용입니다";
    "line {} stands in this list already", "{0} 라인이 이 목록에 이미 있습니다";
    "`line` is the number of the line on its chip, such as 17, or its name",
        "`line` 값은 17과 같은 칩의 라인 번호이거나 라인 이름이어야 합니다";
    "`gain` is not 0", "`gain` 값은 0일 수 없습니다";
    "`cold_junction` is for thermocouples", "`cold_junction` 항목은 열전대 전용입니다";
    "a cold junction is measured by a thermometer, such as `temp`", "냉접점은 `temp`와 같은 온도계로 잽니다";
    "`device` is a name such as `ads1115` or `iio:device0`, no path",
        "`device` 값은 경로가 아니라 `ads1115`나 `iio:device0`과 같은 이름이어야 합니다";
    "`voltage0` or `current0`", "`voltage0` 또는 `current0`";
    "`resistance0` or `temp`", "`resistance0` 또는 `temp`";
    "`voltage0` or `temp`", "`voltage0` 또는 `temp`";
    "`{}` is what the converter calls it, here {}, not {}", "`{0}` 값은 변환기의 이름 그대로 여기서는 {1}이어야 합니다. 입력된 값: {2}";
    "`value` is missing: what the input is shown", "`value` 항목이 없습니다. 입력에 보일 값을 적으세요";
    "`high` is above `low`, which is {}; it is {}", "`high` 값은 `low` 값 {0}보다 커야 합니다. 입력된 값: {1}";
    "row {} is no `seconds,value` such as `1.5,20`", "{0}행이 `1.5,20`과 같은 `초,값` 형식이 아닙니다";
    "row {} is not later than the one before: the seconds rise from 0", "{0}행이 앞 행보다 늦지 않습니다. 초는 0부터 커져야 합니다";
    "there is no row of `seconds,value` such as `1.5,20`", "`1.5,20`과 같은 `초,값` 행이 없습니다";

    // The Modbus/TCP server.
    "`unit_id` is a whole number 0..255, or `any`", "`unit_id` 항목은 0~255의 정수이거나 `any`입니다";
    "{} is not an address or network such as `10.0.0.0/24`", "`10.0.0.0/24`와 같은 주소나 네트워크가 아닙니다: {0}";
    "`address` is an address and port such as `0.0.0.0:502`, or a list of up to 16 of them",
        "`address` 항목은 `0.0.0.0:502`와 같은 주소와 포트이거나, 그런 주소를 16개까지 담은 목록입니다";
    "`order` is one of {}", "`order` 항목은 다음 중 하나입니다: {0}";
    "`stale` is `last`, `exception`, or a number to read instead, such as `{{\"fill\": -999}}`",
        "`stale` 항목은 `last`, `exception`이거나 `{{\"fill\": -999}}`처럼 대신 읽힐 숫자입니다";
    "{} is not a tag: it is `group/name`", "태그가 아닙니다. `그룹/이름` 형식이어야 합니다: {0}";
    "in a table of bits `type` is `bool`", "비트 테이블에서 `type`은 `bool`입니다";
    "`units` is a unit id 0..255 or a range of them, such as `10-20`",
        "`units` 항목은 0~255의 유닛 ID이거나 `10-20`과 같은 범위입니다";
    "another address of the Modbus/TCP server", "Modbus/TCP 서버의 다른 주소";
    "entries of the register map", "레지스터 맵 항목";
    "gateway routes", "게이트웨이 경로";
    "unit ids of this route have number {} of this list already", "이 경로의 유닛 ID를 이 목록의 {0}번이 이미 사용합니다";
    "give a `unit_id`, or the first address in `coil`, `discrete`, `input` or `holding`",
        "`unit_id` 또는 `coil`, `discrete`, `input`, `holding` 항목의 시작 주소를 지정하세요";
    "there is no role: nobody may do anything", "역할이 없어 아무도 아무것도 할 수 없습니다";
    "`roles` has at most {} entries", "`roles` 목록에는 최대 {0}개까지 넣을 수 있습니다";
    "this role is in the list already", "이 역할은 목록에 이미 있습니다";
    "modules with tables of their own", "전용 테이블을 가진 모듈";
    "there is no device or module {}", "{0} 장치나 모듈이 없습니다";
    "gateway route {} has unit id {} already", "게이트웨이 경로 {0}번이 유닛 ID {1}번을 이미 사용합니다";
    "unit id {} is that of the appliance", "유닛 ID {0}번은 기기의 것입니다";
    "number {} of this list has this already", "이 목록의 {0}번이 이미 사용합니다";
    "values of number {} of this list lie here too: leave room, or begin at {}", "이 목록의 {0}번 값이 이 자리와 겹칩니다. 자리를 비우거나 {1}에서 시작하세요";
    "{} overlaps {}, which is number {} of this list", "{0} 자리가 이 목록의 {2}번인 {1} 자리와 겹칩니다";
    "with this offset the unit ids leave the range of the port", "이 오프셋을 더하면 유닛 ID가 포트의 범위를 벗어납니다";

    // The embedded broker.
    "this build of dinrail has no embedded broker (Cargo feature `broker`)", "이 dinrail 빌드에는 내장 브로커가 없습니다(Cargo 기능 `broker`)";
    "a broker needs a listener, such as `{{\"address\": \"127.0.0.1:1883\"}}`",
        "브로커에는 `{{\"address\": \"127.0.0.1:1883\"}}`과 같은 수신 주소가 필요합니다";
    "`address` is missing, such as `127.0.0.1:1883`", "`address` 항목이 없습니다. 예: `127.0.0.1:1883`";
    "{} is not a topic filter: `+` fills a level, `#` is the last level",
        "토픽 필터가 아닙니다: {0}. `+`는 한 단계 전체, `#`은 마지막 단계에만 씁니다";

    // The SNMP agent.
    "there is no view `{}`", "`{0}` 뷰가 없습니다";
    "another entry has this community already", "다른 항목이 이미 이 커뮤니티를 쓰고 있습니다";
    "there is no user `{}` among the agent's users", "에이전트 사용자 중에 `{0}` 사용자가 없습니다";
    "there is no receiver `{}`", "`{0}` 수신자가 없습니다";
    "SNMPv3 is on and there is no user: nobody can ask by it", "SNMPv3이 켜져 있지만 사용자가 없어 아무도 물을 수 없습니다";
    "SNMPv1 or v2c is on and there is no community: nobody can ask by them",
        "SNMPv1이나 v2c가 켜져 있지만 커뮤니티가 없어 아무도 물을 수 없습니다";
    "communities are of no use: neither `v1` nor `v2c` is among `versions`",
        "`versions`에 `v1`도 `v2c`도 없어 커뮤니티가 쓰이지 않습니다";
    "`{}` has at most {} entries", "`{0}`에는 최대 {1}개까지 넣을 수 있습니다";
    "{} is not a version: `v1`, `v2c` or `v3`", "{0} 값은 버전이 아닙니다. `v1`, `v2c`, `v3` 중 하나입니다";
    "{} is not an OID below enterprises, such as `1.3.6.1.4.1.32473.4510`",
        "{0} 값은 `1.3.6.1.4.1.32473.4510`과 같은 enterprises 아래의 OID가 아닙니다";
    "everybody tries this community first: choose another", "누구나 가장 먼저 시도하는 커뮤니티입니다. 다른 것을 쓰세요";
    "a user of SNMPv3 has a name of at most 32 characters", "SNMPv3 사용자 이름은 최대 32자입니다";
    "without encryption everybody on the way can read what this user asks and is told",
        "암호화하지 않으면 이 사용자가 묻고 받는 내용을 통신 경로의 누구나 읽을 수 있습니다";
    "{} is weak: use it only for what knows nothing else", "{0=} 방식은 약합니다. 다른 방식을 모르는 상대에만 쓰세요";
    "{} is weak; it is taken only where `allow_weak` is true in `snmp`",
        "{0=} 방식은 약하므로 `snmp`의 `allow_weak`가 true일 때만 받습니다";
    "`{}` has at least {} characters", "`{0}` 값은 {1}자 이상이어야 합니다";
    "{} is not a host, or host and port, such as `192.168.1.20:162`",
        "{0} 값은 `192.168.1.20:162`와 같은 호스트 또는 호스트와 포트가 아닙니다";
    "a receiver of SNMPv3 has a `user`, and no `community`", "SNMPv3 수신자에는 `user`가 있어야 하고 `community`는 없어야 합니다";
    "a receiver of SNMPv1 or v2c has a `community`, and no `user`",
        "SNMPv1이나 v2c 수신자에는 `community`가 있어야 하고 `user`는 없어야 합니다";
    "SNMPv1 has no informs: use `trap`, or another version", "SNMPv1에는 inform이 없습니다. `trap`이나 다른 버전을 쓰세요";
    "`value` is missing: the number to compare with", "비교할 숫자 `value`가 없습니다";
    "only `greater` and `less` have a `value` and a `hysteresis`", "`value`와 `hysteresis`는 `greater`와 `less`에만 있습니다";
    "`hysteresis` is 0 or more", "`hysteresis`는 0 이상입니다";
    "this kind of rule is about no tag", "이 종류의 규칙은 태그와 관계없습니다";
    "`tag` is missing, such as `meter1/voltage` or `meter1/*`", "`meter1/voltage`나 `meter1/*`와 같은 `tag`가 없습니다";
}
