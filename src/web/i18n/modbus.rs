//! The Modbus/TCP server and its register map.

crate::web::i18n::declare! {
    SERVER = "modbus.server": "Modbus server", "Modbus 서버";
    LEAD = "modbus.lead":
        "SCADA systems and controllers read and write the tags here by Modbus/TCP, and reach the devices on the ports through it.",
        "SCADA 시스템과 컨트롤러가 Modbus/TCP로 태그를 읽고 쓰며, 포트의 장치에도 이 서버를 거쳐 접근합니다.";
    MAP = "modbus.map": "Register map", "레지스터 맵";
    MAP_LEAD = "modbus.map_lead":
        "Where every point lies. In the automatic map coils and discrete inputs show the same bits, holding and input registers the same registers; from register 61440 on all bits are there once more, sixteen to a register, the lowest bit first.",
        "모든 포인트의 위치입니다. 자동 맵에서는 코일과 이산 입력이 같은 비트를, 홀딩 레지스터와 입력 레지스터가 같은 레지스터를 보여 줍니다. 레지스터 61440부터는 모든 비트가 레지스터당 16개씩 최하위 비트부터 다시 나옵니다.";
    FILTER = "modbus.filter": "Tags", "태그";
    UNIT = "modbus.unit": "Unit id", "유닛 ID";
    PRINT = "modbus.print": "Print", "인쇄";
    PICTURE = "modbus.picture": "Tables", "테이블";
    ENTRIES = "modbus.entries": "Entries", "항목";
    CLIENTS = "modbus.clients": "Connected clients", "접속한 클라이언트";
    COL_PLACE = "modbus.col_place": "Table", "테이블";
    COL_ADDRESS = "modbus.col_address": "Address", "주소";
    COL_REFERENCE = "modbus.col_reference": "Reference", "참조 번호";
    COL_COUNT = "modbus.col_count": "Count", "개수";
    COL_TAG = "modbus.col_tag": "Tag", "태그";
    COL_ATTRIBUTE = "modbus.col_attribute": "Attribute", "속성";
    COL_TYPE = "modbus.col_type": "Type", "형식";
    COL_ORDER = "modbus.col_order": "Byte order", "바이트 순서";
    COL_UNIT = "modbus.col_unit": "Unit", "단위";
    COL_WRITE = "modbus.col_write": "Write", "쓰기";
    COL_PACKED = "modbus.col_packed": "Packed in", "묶음 위치";
}

/// What the help page says of it.
pub(crate) mod help {
    crate::web::i18n::declare! {
        TITLE = "help.modbus": "Modbus/TCP server and gateway", "Modbus/TCP 서버와 게이트웨이";
        MAP = "help.modbus_map":
            "Every point of every tag has its place in the automatic register map: values from register 0 and bit 0, everything else from register 32768; from bit 32768 on a bit for each tag is set while its quality is good. A place once given is kept as long as the tag lives, whatever is added. 8192 values of 64 bits fit; for more, or for addresses of your own, edit the map.",
            "모든 태그의 모든 포인트는 자동 레지스터 맵에 자리가 있습니다. 값은 레지스터 0과 비트 0부터, 나머지는 레지스터 32768부터이며, 비트 32768부터는 품질이 좋은 동안 켜지는 비트가 태그마다 하나씩 있습니다. 한번 정해진 자리는 무엇이 추가되어도 태그가 있는 동안 유지됩니다. 64비트 값 8192개까지 들어가며, 더 많거나 주소를 직접 정하려면 맵을 편집하세요.";
        CODES = "help.modbus_codes":
            "Numbers: quality is good 0, uncertain 1, bad 2; a timestamp counts milliseconds since 1970 UTC in four registers. Wide values have the most significant register first unless another order is set. All values of one request come from one moment.",
            "숫자: 품질은 좋음 0, 불확실 1, 나쁨 2이고, 시각은 1970년 UTC부터의 밀리초이며 레지스터 네 개를 씁니다. 다른 순서를 정하지 않으면 넓은 값은 최상위 레지스터가 먼저입니다. 한 요청의 모든 값은 같은 순간의 것입니다.";
        WRITES = "help.modbus_writes":
            "A write is answered when the field has answered, with the device's exception if it refuses. A write of several points is checked as a whole against the map and then done in the order of addresses; at the first refusal it ends: what was written before stays written, and the event log says what. Of packed bits those that cannot be written are left alone.",
            "쓰기는 현장이 응답하면 응답하며, 장치가 거부하면 그 예외를 돌려줍니다. 여러 포인트의 쓰기는 먼저 맵 전체와 대조한 뒤 주소 순서대로 실행하고, 처음 거부된 곳에서 멈춥니다. 그 전에 쓴 것은 그대로 남으며 이벤트 로그에 기록됩니다. 묶음 비트 중 쓸 수 없는 것은 그대로 둡니다.";
        GATEWAY = "help.modbus_gateway":
            "Requests to unit ids with a route go to the line byte for byte, in turn with its own polls; clients take turns. Exception 06: 32 requests wait already; 0A: no route, or the line is closed; 0B: the device does not answer.",
            "경로가 있는 유닛 ID의 요청은 바이트 그대로 라인으로 가며, 라인 자체의 폴링과 번갈아 처리되고 클라이언트끼리도 번갈아 처리됩니다. 예외 06: 이미 32개 요청이 대기 중, 0A: 경로가 없거나 라인이 닫힘, 0B: 장치 무응답.";
    }
}

/// Words that scripts ask for.
pub(in crate::web::i18n) mod scripts {
    crate::web::i18n::declare_for_scripts! {
        "modbus.none": "There is no Modbus/TCP server on this appliance.", "이 기기에는 Modbus/TCP 서버가 없습니다.";
        "modbus.enable": "Set up a server", "서버 설정";
        "modbus.remove": "Remove server", "서버 제거";
        "modbus.to_map": "Show the register map", "레지스터 맵 보기";
        "modbus.routes": "Gateway: unit ids to ports", "게이트웨이: 유닛 ID와 포트";
        "modbus.security": "Modbus/TCP Security", "Modbus/TCP 보안 (Security)";
        "modbus.security_lead":
            "Encrypted, and only for clients with a certificate of your authority. What a client may do is decided by the role in its certificate (extension 1.3.6.1.4.1.50316.802.1); without a role of this list it gets exception 01.",
            "암호화되며, 지정한 인증 기관의 인증서를 가진 클라이언트만 접속합니다. 할 수 있는 일은 인증서의 역할(확장 1.3.6.1.4.1.50316.802.1)로 정해지며, 이 목록에 없는 역할은 예외 01을 받습니다.";
        "modbus.security_enable": "Set up encryption", "암호화 설정";
        "modbus.security_remove": "Remove encryption", "암호화 제거";
        "modbus.roles": "Roles of clients", "클라이언트 역할";
        "modbus.no_role": "no role", "역할 없음";
        "modbus.modules": "Devices and modules with addresses of their own", "주소를 따로 정한 장치와 모듈";
        "modbus.modules_lead":
            "The tables of a device or module begin where you say, values first; under a unit id of its own they begin at 0 unless told otherwise. What lies there in the automatic map gives way once, when the first address is set; later additions move nothing.",
            "장치나 모듈의 테이블이 정한 주소부터 시작하며 값이 먼저 나옵니다. 전용 유닛 ID를 쓰면 따로 정하지 않는 한 0부터 시작합니다. 자동 맵에서 그 자리에 있던 것은 시작 주소를 정할 때 한 번 비켜 주며, 나중에 추가되는 것은 아무것도 옮기지 않습니다.";
        "modbus.appliance": "the appliance", "이 기기";
        "modbus.edited_entries": "Entries of the edited map", "편집한 맵의 항목";
        "modbus.take_over": "Begin with the values of the map in force", "현재 맵의 값으로 시작";
        "modbus.first": "The first {n} of {all} entries; the CSV file has all.", "항목 {all}개 중 처음 {n}개. 전체는 CSV 파일에 있습니다.";
        "modbus.left_out": "There was no room for {n} points: an edited map takes those that are needed.", "포인트 {n}개는 자리가 없습니다. 필요한 것만 편집한 맵에 넣으세요.";
        "modbus.block": "{group} {attribute}: {from} to {to}", "{group} {attribute}: {from}~{to}번";
        "modbus.no_clients": "No client is connected.", "접속한 클라이언트가 없습니다.";
        "modbus.requests": "Requests", "요청";
        "modbus.rate": "Requests a second", "초당 요청";
        "modbus.exceptions": "Exceptions", "예외";
        "modbus.last": "Last request", "마지막 요청";
        "modbus.forwarded": "Handed to lines", "라인으로 전달";
        "modbus.cached": "Answered from the image", "이미지에서 응답";
        "modbus.request": "unit {unit}, function {function}, {count} from {address}", "유닛 {unit}, 기능 {function}, {address}부터 {count}개";
        "modbus.request_short": "unit {unit}, function {function}", "유닛 {unit}, 기능 {function}";
        "modbus.with_exception": "{request}: exception {code}", "{request}: 예외 {code}";
        "section.map": "Register map", "레지스터 맵";
        "field.addresses": "Listen on", "수신 주소";
        "field.own_unit": "Unit id of the appliance", "기기의 유닛 ID";
        "field.max_connections": "Connections at most", "최대 연결";
        "field.idle_timeout_s": "Close when silent for", "무통신 시 끊기까지";
        "field.answer_writes": "Answer a write", "쓰기 응답 시점";
        "field.priority_clients": "Clients served first", "우선 클라이언트";
        "field.map_mode": "Map", "맵";
        "field.map_order": "Byte order", "바이트 순서";
        "field.stale": "A bad or old value reads as", "나쁘거나 오래된 값의 표시";
        "field.max_age_ms": "A value is old after", "오래된 값의 기준";
        "field.map_writable": "Clients may write what can be written", "쓸 수 있는 것을 클라이언트가 쓰도록 허용";
        "field.gaps": "Between entries", "항목 사이";
        "field.tag": "Tag", "태그";
        "field.attribute": "Attribute", "속성";
        "field.client_ca": "Authorities of clients", "클라이언트 인증 기관";
        "field.certificate_role": "Role", "역할";
        "field.role_access": "May", "권한";
        "field.role_areas": "Tables", "테이블";
        "field.own_module": "Device or module", "장치 또는 모듈";
        "field.units": "Unit ids", "유닛 ID";
        "field.route_offset": "Offset", "오프셋";
        "field.priority": "First", "우선";
        "field.cache_ms": "Image may be (ms)", "이미지 허용 나이 (ms)";
        "hint.addresses": "One address and port a line, such as 0.0.0.0:502.", "한 줄에 주소와 포트 하나, 예: 0.0.0.0:502.";
        "hint.own_unit": "0 to 255, or any: every unit id without a route. 0 and 255 always mean the appliance unless a route has them.", "0에서 255, 또는 any: 경로가 없는 모든 유닛 ID. 0과 255는 경로에 없는 한 항상 이 기기입니다.";
        "hint.answer_writes": "At once: what becomes of it stands in the event log.", "즉시 응답하면 결과는 이벤트 로그에 남습니다.";
        "hint.priority_clients": "Addresses or networks whose requests to devices go before others.", "장치로 가는 요청을 먼저 처리할 주소나 네트워크.";
        "hint.stale": "last, exception (0B when the field does not answer, else 04), or a number.", "last, exception(현장 무응답이면 0B, 그 외 04), 또는 숫자.";
        "hint.max_age_ms": "Empty: only a bad value counts.", "비우면 나쁜 값만 해당합니다.";
        "hint.gaps": "Zeros let a client read through; exception 02 tells it.", "0이면 사이를 건너 읽을 수 있고, 예외 02면 알려 줍니다.";
        "hint.addresses_802": "One address and port a line, such as 0.0.0.0:802.", "한 줄에 주소와 포트 하나, 예: 0.0.0.0:802.";
        "hint.client_ca": "PEM of those who sign the certificates of clients.", "클라이언트 인증서에 서명하는 기관의 PEM.";
        "hint.role_areas": "Empty: everywhere; else such as holding 0-99, coil 5.", "비우면 전체. 예: holding 0-99, coil 5.";
        "hint.module_unit": "Empty: under the unit id of the appliance.", "비우면 기기의 유닛 ID를 씁니다.";
        "hint.module_base": "First address of its table, from 0; empty: the automatic place.", "테이블의 시작 주소 (0부터). 비우면 자동 위치입니다.";
        "hint.units": "One or a range: 10-20", "하나 또는 범위: 10-20";
        "hint.route_offset": "Added to the unit id: the address on the line.", "유닛 ID에 더한 값이 라인의 주소입니다.";
        "hint.cache_ms": "A read the image can answer with values no older costs no line time.", "이 나이 이하의 이미지 값으로 답할 수 있는 읽기는 라인을 쓰지 않습니다.";
        "option.field": "when the field has answered", "현장이 응답하면";
        "option.at-once": "at once", "즉시";
        "option.edited": "edited", "직접 편집";
        "option.zero": "zeros", "0으로 읽힘";
        "option.exception": "exception 02", "예외 02";
        "overview.modbus": "Modbus server", "Modbus 서버";
    }
}
