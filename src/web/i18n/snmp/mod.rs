//! The SNMP agent: the words of its template.

pub(super) mod scripts;

crate::web::i18n::declare! {
    SNMP = "snmp.snmp": "SNMP agent", "SNMP 에이전트";
    LEAD = "snmp.lead":
        "What network managers may ask, and what they are told without asking. It is off until it is set up here.",
        "네트워크 관리 시스템이 물을 수 있는 것과 먼저 알려 줄 것입니다. 여기서 설정하기 전에는 꺼져 있습니다.";
    MIB = "snmp.mib": "Download the MIB file", "MIB 파일 내려받기";
}
