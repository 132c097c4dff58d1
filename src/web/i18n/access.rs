//! Who may come in where, and configurations on trial.

crate::web::i18n::declare! {
    TITLE = "access.title": "Access lists", "접근 목록";
    LEAD = "access.lead":
        "Which addresses may connect, service by service. A new list holds at once: connections it does not name are closed.",
        "서비스마다 접속할 수 있는 주소를 정합니다. 새 목록은 즉시 적용되며, 목록에 없는 연결은 닫힙니다.";
    TEST = "access.test": "Would this address get in?", "이 주소가 접속할 수 있습니까?";
    ADDRESS = "access.address": "Address to try with the lists as they stand below", "아래 목록으로 시험할 주소";
    REFUSED = "access.refused_heading": "Refused", "거부된 접속";
}

/// What the help page says of it.
pub(crate) mod help {
    crate::web::i18n::declare! {
        TITLE = "help.doors": "Access lists and changes on trial", "접근 목록과 시험 적용";
        LISTS = "help.doors_lists":
            "A list holds addresses and networks such as 10.0.0.0/24 or fd00::/8. It is asked before the first byte is read and before encryption begins; this host itself is no exception. An IPv4 address is known as such also where it comes in over IPv6. Where several entries name an address, the narrowest decides.",
            "목록에는 10.0.0.0/24나 fd00::/8 같은 주소와 네트워크를 넣습니다. 첫 바이트를 읽기 전, 암호화가 시작되기 전에 확인하며 이 호스트 자신도 예외가 아닙니다. IPv4 주소는 IPv6을 통해 들어와도 IPv4로 취급합니다. 여러 항목이 한 주소를 가리키면 가장 좁은 항목이 결정합니다.";
        MODBUS = "help.doors_modbus":
            "Over Modbus an entry may also limit what its clients do: only read, only some unit ids, only some areas such as “holding 100-199”. What is not permitted gets exception 01 (a write, or a function that is none of the usual ones), 02 (a range outside the areas) or 0A (a unit id, as one that is not there).",
            "Modbus 항목은 클라이언트가 할 수 있는 일도 제한합니다: 읽기만, 일부 유닛 ID만, “holding 100-199” 같은 일부 영역만. 허용되지 않은 요청은 예외 01(쓰기, 또는 일반적이지 않은 기능), 02(영역 밖의 범위), 0A(없는 것과 같은 유닛 ID)를 받습니다.";
        TRIAL = "help.doors_trial":
            "A change that would lock you out is refused unless it is made on trial. Then somebody who is logged in must keep it in time, with the button that every page shows; otherwise the configuration before it returns by itself, also after a crash or power loss. While a change is on trial no other can be made.",
            "자신의 접속을 끊는 변경은 시험 적용이 아니면 거부됩니다. 시험 적용 중에는 로그인한 누군가가 모든 페이지에 나오는 버튼으로 제때 확정해야 하며, 그렇지 않으면 충돌이나 정전 뒤에도 이전 구성이 저절로 돌아옵니다. 시험 적용 중에는 다른 변경을 할 수 없습니다.";
    }
}

/// Words that scripts ask for.
pub(in crate::web::i18n) mod scripts {
    crate::web::i18n::declare_for_scripts! {
        "access.no": "would not get in: no entry names it.", "접속 불가: 해당하는 항목이 없습니다.";
        "access.everyone": "would get in, as everyone.", "접속 가능: 모두 허용됩니다.";
        "access.by_entry": "would get in by entry {number}: {network}", "접속 가능: {number}번째 항목 {network}";
        "access.limited": "it may not do everything", "할 수 있는 일이 제한됨";
        "access.allow": "Allow", "허용";
        "access.allowed": "{address} may connect from now on.", "이제 {address} 주소에서 접속할 수 있습니다.";
        "access.refused": "refused {n} times from {address}", "{address} 주소에서 {n}번 거부됨";
        "access.refused_requests": "{n} requests from {address} were not permitted", "{address} 주소의 요청 {n}건이 허용되지 않음";
        "access.nobody": "Nobody was refused.", "거부된 접속이 없습니다.";
        "access_service.web": "Browser and REST", "브라우저와 REST";
        "access_service.modbus": "Modbus server", "Modbus 서버";
        "access_service.snmp": "SNMP agent", "SNMP 에이전트";
        "access_service.broker": "MQTT broker", "MQTT 브로커";
        "access_mode.allow-all": "everyone", "모두";
        "access_mode.allow-list": "only the list", "목록만";
        "field.access_mode": "Who may connect", "접속 허용";
        "field.network": "Address or network", "주소 또는 네트워크";
        "field.note": "Note", "메모";
        "field.access_units": "Unit ids", "유닛 ID";
        "field.access_areas": "Areas", "영역";
        "hint.access_mode": "A list holds at once, also for those who are connected.", "목록은 이미 접속한 상대에게도 즉시 적용됩니다.";
        "hint.network": "10.0.3.7, 10.0.0.0/24 or fd00::/8", "10.0.3.7, 10.0.0.0/24 또는 fd00::/8";
        "hint.access_units": "Several with commas: 1, 10-20. Empty: all.", "쉼표로 여러 개: 1, 10-20. 비우면 전부.";
        "hint.access_areas": "Several with commas: holding 100-199, input. Empty: all.", "쉼표로 여러 개: holding 100-199, input. 비우면 전부.";
        "trial.on": "Revision {revision} by {author} is on trial.", "{author} 사용자의 리비전 {revision} 시험 적용 중입니다.";
        "trial.left": "{n} s until it is taken back", "{n}초 후 되돌림";
        "trial.keep": "Keep it", "확정";
        "trial.take_back": "Take it back", "되돌리기";
        "trial.kept": "The change is kept.", "변경을 확정했습니다.";
        "trial.taken_back": "The configuration before is back.", "이전 구성으로 되돌렸습니다.";
        "trial.choose": "On trial: taken back after {n} s unless somebody keeps it", "시험 적용: 아무도 확정하지 않으면 {n}초 후 되돌림";
        "trial.unreachable": "The change is stored, on trial, and this browser cannot connect any more. In {n} s the configuration before returns.", "변경이 시험 적용으로 저장되었고 이 브라우저는 더 이상 접속할 수 없습니다. {n}초 후 이전 구성이 돌아옵니다.";
    }
}
