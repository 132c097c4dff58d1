//! What stands under a field: what it means, or what to type.

crate::web::i18n::declare_for_scripts! {
    "hint.path": "Paths under /dev/serial/by-id survive replugging.", "/dev/serial/by-id 아래의 경로는 다시 꽂아도 유지됩니다.";
    "hint.listen": "Address and port; 0.0.0.0 means every interface, 127.0.0.1 this host only.",
        "주소와 포트. 0.0.0.0은 모든 인터페이스, 127.0.0.1은 이 호스트만입니다.";
    "hint.endpoint": "Host and port, such as 10.0.0.5:502. Names are looked up at each connection.",
        "호스트와 포트, 예: 10.0.0.5:502. 이름은 연결할 때마다 조회합니다.";
    "hint.in_flight": "More than 1 only if the server takes several requests at once.", "서버가 여러 요청을 한꺼번에 받을 수 있을 때만 1보다 크게 합니다.";
    "hint.timeout_ms": "Milliseconds, or auto: from the measured round trip.", "밀리초, 또는 auto: 측정한 왕복 시간을 따릅니다.";
    "hint.unit_id": "The address on the line, 1 to 247. On Modbus/TCP 0 or 255 is the server itself; on a line 0 writes to all devices at once, and its tags are never read.", "라인에서의 주소, 1에서 247까지. Modbus/TCP에서 0 또는 255는 서버 자신이고, 라인에서 0은 모든 장치에 한꺼번에 쓰기이며 태그를 읽지 않습니다.";
    "hint.poll_ms": "0 reads as fast as the line allows.", "0이면 라인이 허용하는 한 빠르게 읽습니다.";
    "hint.gap_ms": "Empty: 3.5 characters, as the standard says; over TCP none.", "비우면 표준대로 3.5문자이며, TCP에서는 없습니다.";
    "hint.order": "Of values wider than a register; a tag may have its own.", "레지스터보다 넓은 값의 순서. 태그마다 따로 정할 수 있습니다.";
    "hint.gain": "value = raw × gain + offset; or a range: 0..27648 = 0..100", "값 = 원시값 × 배율 + 오프셋. 범위도 가능: 0..27648 = 0..100";
    "hint.deadband": "In the tag's unit, or in percent: 2 %", "태그의 단위, 또는 퍼센트: 2 %";
    "hint.bit": "0 is the least significant bit.", "0이 최하위 비트입니다.";
    "hint.length": "Registers of a string.", "문자열의 레지스터 수.";
    "hint.invalid": "Raw values that mean “no value”: -32768; 65535", "“값 없음”을 뜻하는 원시값: -32768; 65535";
    "hint.writable": "yes or no; Space switches.", "예 또는 아니요. 스페이스로 바꿉니다.";
    "hint.keep": "Survives a restart.", "재시작 후에도 유지됩니다.";
    "hint.url": "mqtt, mqtts, ws or wss, with host and port: mqtts://broker.example:8883, wss://broker.example/mqtt",
        "mqtt, mqtts, ws, wss 중 하나와 호스트, 포트. 예: mqtts://broker.example:8883, wss://broker.example/mqtt";
    "hint.connection_certificate": "Shown to the broker (mutual TLS). Its name, from the page of certificates.",
        "브로커에 보여 줄 인증서 (상호 TLS). 인증서 페이지의 이름입니다.";
    "hint.server_name": "Empty: the host of the URL.", "비우면 URL의 호스트를 씁니다.";
    "hint.alpn": "One a line, as some clouds ask for: x-amzn-mqtt-ca", "한 줄에 하나. 일부 클라우드에서 필요합니다. 예: x-amzn-mqtt-ca";
    "hint.pinned_key": "sha256//…: the only key the broker may show, whoever signed for it.",
        "sha256//… 형식. 누가 서명했든 이 키를 가진 브로커만 허용합니다.";
    "hint.insecure": "Anybody on the way can then read and change what is sent, unless a key is pinned. A banner says so on every page.",
        "키를 고정하지 않으면 중간에서 누구나 내용을 읽고 바꿀 수 있습니다. 모든 페이지에 경고가 표시됩니다.";
    "hint.session_expiry_s": "Counted from when the connection ends; a clean session ends at once. 4294967295: for ever.",
        "연결이 끝난 때부터 셉니다. 새 세션으로 시작하면 바로 끝납니다. 4294967295이면 영구 유지합니다.";
    "hint.topic_alias": "Saves bytes where topics are long, as far as the broker takes it.", "토픽이 길 때 전송량을 줄입니다. 브로커가 허용하는 만큼만 씁니다.";
    "hint.message_expiry_s": "For those who are away. Empty: without end.", "자리를 비운 구독자를 위한 시간. 비우면 제한이 없습니다.";
    "hint.user_properties": "One a line: name = text. They go along with every message.", "한 줄에 하나: 이름 = 텍스트. 모든 메시지에 함께 보냅니다.";
    "hint.pointer": "JSON pointer into the payload, such as /data/setpoint. Empty: the member value, or the bare payload.",
        "페이로드 안의 JSON 포인터. 예: /data/setpoint. 비우면 value 멤버 또는 페이로드 자체입니다.";
    "hint.max_mib": "0: nothing waits; after an outage only the newest values are sent.", "0이면 대기하지 않고, 복구 후 최신 값만 보냅니다.";
    "hint.max_age_h": "Messages that wait longer are given up.", "더 오래 기다린 메시지는 버립니다.";
    "hint.durability": "Fast spares the flash: what is acknowledged within a second is never written; a crash loses at most the last 2 seconds. Strict loses nothing with a crash, and at most 50 ms with the power.",
        "fast는 플래시를 아낍니다. 1초 안에 확인된 메시지는 저장하지 않으며, 비정상 종료 때 최대 마지막 2초를 잃습니다. strict는 비정상 종료에도 잃지 않고, 정전 때 최대 50 ms를 잃습니다.";
    "hint.drain": "Live first marks what waited with \"stored\": true and never retains it.", "live-first는 기다린 메시지에 \"stored\": true 표시를 하고 보존하지 않습니다.";
    "hint.client_id": "Empty: the appliance's name.", "비우면 기기 이름을 씁니다.";
    "hint.password": "*** is the stored one; leave it to keep it.", "***는 저장된 비밀번호입니다. 그대로 두면 유지됩니다.";
    "hint.web_certificate": "Its name, from the page of certificates. Empty: the one this appliance made itself.",
        "인증서 페이지의 이름. 비우면 이 기기가 스스로 만든 인증서를 씁니다.";
    "hint.listener_certificate": "Its name, from the page of certificates. Empty: no TLS, and passwords travel in clear.",
        "인증서 페이지의 이름. 비우면 TLS를 쓰지 않으며 비밀번호가 암호화되지 않습니다.";
    "hint.ca": "Empty: the host's trusted authorities.", "비우면 호스트가 신뢰하는 인증 기관을 씁니다.";
    "hint.message_topic": "{appliance} is filled in.", "{appliance}는 실제 이름으로 채워집니다.";
    "hint.publication_topic": "{appliance} {tag} {group} {name} {attribute} are filled in.", "{appliance} {tag} {group} {name} {attribute}는 실제 값으로 채워집니다.";
    "hint.sparkplug_group": "With a group and an edge node the connection speaks Sparkplug B and nothing else.",
        "그룹과 에지 노드를 정하면 이 연결은 Sparkplug B로만 통신합니다.";
    "hint.sparkplug_host": "Nothing is sent before this host application is online; meanwhile it waits. Empty: no host is waited for.",
        "이 호스트 애플리케이션이 온라인이 될 때까지 보내지 않고 보관합니다. 비우면 기다리지 않습니다.";
    "hint.sparkplug_writable": "By DCMD. One a line; * within one half. Empty: none.", "DCMD로 쓰는 태그. 한 줄에 하나, *는 한쪽 안에서만. 비우면 없음";
    "hint.sparkplug_device": "Empty: the group of each tag is its device.", "비우면 태그마다 그 그룹이 장치가 됩니다.";
    "hint.subscription_topic": "{tag}, or {group} and {name}, say which tag is written.", "{tag} 또는 {group}과 {name}이 쓸 태그를 가리킵니다.";
    "hint.subscription_tags": "Only these can be written. One a line; * within one half.", "이 태그만 쓸 수 있습니다. 한 줄에 하나, *는 한쪽 안에서만.";
    "hint.tags": "One a line: meter1/voltage, meter1/*, */alarm.", "한 줄에 하나: meter1/voltage, meter1/*, */alarm";
    "hint.attributes": "One a line: value, min, max, quality … Empty: value.", "한 줄에 하나: value, min, max, quality … 비우면 value";
    "hint.members": "One a line, as value = v, timestamp = ts: value quality reason timestamp unit tag group name attribute. Empty: the usual.",
        "한 줄에 하나, 예: value = v, timestamp = ts. 쓸 수 있는 항목: value quality reason timestamp unit tag group name attribute. 비우면 기본 항목을 씁니다.";
    "hint.batch_count": "A message is sent when it has so many samples, or after the time beside.", "샘플이 이만큼 모이거나 옆의 시간이 지나면 보냅니다.";
    "hint.batch_ms": "From the first sample of a message; a crash of the program loses what is still gathered.", "메시지의 첫 샘플부터의 시간입니다. 프로그램이 비정상 종료되면 모으던 샘플은 사라집니다.";
    "hint.gzip": "The receiver must expect it: nothing in MQTT 3.1.1 says that a payload is compressed.", "수신 쪽에서 압축을 알고 있어야 합니다. MQTT 3.1.1에는 압축 여부를 알리는 방법이 없습니다.";
    "hint.template": "Jinja: {{ value }}, {{ timestamp }}, {{ tag }} for a message each; {% for t in tags %} for all in one. The preview shows it on the present values.",
        "Jinja 문법: 태그마다 보낼 때는 {{ value }}, {{ timestamp }}, {{ tag }}, 모두 한 메시지로 보낼 때는 {% for t in tags %}. 미리보기에 현재 값으로 표시됩니다.";
    "hint.on_change": "When the value moves beyond the tag's deadband, or its quality changes.", "값이 데드밴드를 넘어 변하거나 품질이 바뀔 때.";
    "hint.every": "With “on change”: each change is its own message, none is merged. Alone: every reading.",
        "“변경 시”와 함께면 변경마다 메시지를 보내고 합치지 않습니다. 단독이면 모든 읽기를 보냅니다.";
    "hint.interval_ms": "Alone: period. With “on change”: at the latest after this long.", "단독이면 주기, “변경 시”와 함께면 최대 간격입니다.";
    "hint.merge_ms": "Changes in between are merged to the newest.", "그 사이의 변경은 최신 값으로 합쳐집니다.";
    "hint.response_topic": "Where the answer to a command goes; in MQTT 5 where the command says, if it says.", "명령의 응답을 보낼 곳. MQTT 5에서는 명령이 지정한 곳이 먼저입니다.";
    "hint.max_age_s": "Judged only if the command carries its time.", "명령에 시각이 있을 때만 판단합니다.";
    "hint.anonymous": "Anyone who reaches the listener may then publish and subscribe.", "접속할 수 있는 누구나 발행하고 구독할 수 있게 됩니다.";
    "hint.publish": "Topic filters, one a line; # is everything.", "토픽 필터, 한 줄에 하나. #은 전부입니다.";
    "hint.subscribe": "Topic filters, one a line; # is everything.", "토픽 필터, 한 줄에 하나. #은 전부입니다.";
    "hint.bridge_topic": "A topic filter, without the prefixes: press/#, +/speed, # for everything.", "접두어를 뺀 토픽 필터. 예: press/#, +/speed. #은 전부입니다.";
    "hint.local_prefix": "Stands before the topics on this broker and is taken off on the way out. Ends with /.", "이 브로커의 토픽 앞에 붙으며 내보낼 때 뗍니다. /로 끝납니다.";
    "hint.remote_prefix": "Stands before the topics on the other broker: site-a/", "상대 브로커의 토픽 앞에 붙습니다. 예: site-a/";
    "hint.bridge_client_id": "Empty: the appliance's name and the bridge's.", "비우면 기기 이름과 브리지 이름을 합쳐 씁니다.";
    "hint.bridge_protocol": "With 3.1.1 what comes in loses its retain, and messages that go round are known only by their text.", "3.1.1에서는 들어오는 메시지의 보존 표시가 사라지고, 도는 메시지를 내용으로만 알아봅니다.";
    "hint.bridge_qos": "Messages of QoS 1 and 2 wait while the other broker is away; QoS 0 is given up.", "상대 브로커가 없을 때 QoS 1과 2의 메시지는 기다리고, QoS 0은 버립니다.";
    "hint.mqtt_s": "Then outputs of I/O modules go to their safe values. 0: not watched.", "이 시간이 지나면 I/O 모듈의 출력이 안전값으로 바뀝니다. 0이면 감시하지 않습니다.";
    "hint.rest_s": "Requests of scripts count, with a token; a browser does not.", "토큰을 쓰는 스크립트의 요청만 세며, 브라우저는 세지 않습니다.";
    "hint.safe_clear": "By itself: as soon as every watched source is heard again.", "자동: 감시하는 모든 통신이 돌아오면 바로 끝납니다.";
    "hint.appliance_name": "Fills {appliance} in topics.", "토픽의 {appliance}를 채웁니다.";
    "hint.timezone": "As Asia/Seoul or Europe/Berlin.", "예: Asia/Seoul, Europe/Berlin";
    "hint.profile": "Where the device came from; it changes nothing.", "장치가 만들어진 프로필. 바꿔도 동작은 그대로입니다.";
    "hint.verify_writes": "A write counts only when the device gives the new value back.", "장치가 새 값을 돌려줄 때만 쓰기를 성공으로 봅니다.";
}
