//! The page of the I/O modules.

pub(in crate::web::i18n) mod fields;
pub(crate) mod help;
pub(in crate::web::i18n) mod words;

crate::web::i18n::declare! {
    MODULES = "module.modules": "I/O modules", "I/O 모듈";
    LEAD = "module.lead":
        "The modules in their slots, as they are now. Choose a module or a channel to look into it.",
        "슬롯에 꽂힌 모듈의 현재 상태입니다. 모듈이나 채널을 선택하면 자세히 볼 수 있습니다.";
    RACK = "module.rack": "Rack", "랙";
    KEYS = "module.keys":
        "Filled lamp: on. Ring: off. Cross: bad, triangle: uncertain, F: forced by hand, S: safe mode. Keys: left and right go from module to module, up and down through its channels.",
        "채워진 램프: 켜짐. 고리: 꺼짐. ×: 나쁨, 삼각형: 불확실, 강: 수동 강제, 안: 안전 모드. 키: 좌우로 모듈 사이를, 위아래로 채널 사이를 이동합니다.";
}

/// Sentences and buttons that scripts ask for.
pub(in crate::web::i18n) mod scripts {
    crate::web::i18n::declare_for_scripts! {
        "module.none": "No modules yet. An administrator adds them here.", "아직 모듈이 없습니다. 관리자가 이 페이지에서 추가합니다.";
        "module.add_at": "Add a module in slot {slot}", "슬롯 {slot}에 모듈 추가";
        "module.slot_empty": "empty", "비어 있음";
        "module.channels_of": "Channels of {name}", "{name}의 채널";
        "module.unused": "Channel {n}, not used", "채널 {n}, 사용하지 않음";
        "module.not_running": "not running", "동작하지 않음";
        "module.forced": "forced", "강제됨";
        "module.forced_sign": "F", "강";
        "module.forced_long": "Forced by hand: the field is not asked.", "수동으로 강제됨: 현장 신호를 따르지 않습니다.";
        "module.forced_banner": "Forced by hand: {n}.", "수동 강제: {n}개.";
        "module.safe_mode": "safe mode", "안전 모드";
        "module.safe_sign": "S", "안";
        "module.safe_long": "Safe mode: held at its safe value, writes are refused.", "안전 모드: 안전값을 유지하며 쓰기를 거부합니다.";
        "module.safe_banner": "Outputs in safe mode: {n}.", "안전 모드인 출력: {n}개.";
        "module.end_all": "End all forcing", "모든 강제 끝내기";
        "module.all_ended": "Nothing is forced any more.", "강제된 채널이 더 이상 없습니다.";
        "module.controls": "Controls", "조작";
        "module.attributes": "All attributes", "모든 속성";
        "module.start": "Start", "시작";
        "module.stop": "Stop", "정지";
        "module.run": "Count", "계수";
        "module.pause": "Pause", "일시 정지";
        "module.force_title": "Force by hand", "수동 강제";
        "module.force_input_hint": "For commissioning: everything that reads this channel sees the value, marked as forced, until it is let go or the program ends.", "시운전용: 강제를 끝내거나 프로그램이 끝날 때까지 이 채널을 읽는 모든 곳에 강제 표시와 함께 이 값이 보입니다.";
        "module.force_output_hint": "For commissioning: the output is driven with the value and refuses other writes, until it is let go or the program ends. Safe mode goes before.", "시운전용: 강제를 끝내거나 프로그램이 끝날 때까지 출력을 이 값으로 구동하고 다른 쓰기를 거부합니다. 안전 모드가 우선합니다.";
        "module.force_value": "Value", "강제할 값";
        "module.force": "Force", "강제";
        "module.force_sure": "Force {name} to {value}?", "{name}을(를) {value}(으)로 강제할까요?";
        "module.force_sure_text": "The output is driven at once. Make sure that nobody is at the machine.", "출력이 바로 구동됩니다. 설비 주변에 사람이 없는지 확인하세요.";
        "module.forced_to": "{name} is forced to {value}.", "{name}을(를) {value}(으)로 강제했습니다.";
        "module.end": "End forcing", "강제 끝내기";
        "module.ended": "{name} follows the field again.", "{name}은(는) 다시 현장 신호를 따릅니다.";
        "module.channels": "Channels", "채널";
        "module.no_model": "Choose a model first.", "먼저 모델을 선택하세요.";
        "module.col_channel": "Channel", "채널";
        "module.col_mode": "Mode", "모드";
        "module.not_used": "not used", "사용하지 않음";
        "module.beyond": "This model has no such channel.", "이 모델에는 없는 채널입니다.";
        "module.use": "Use", "사용";
        "module.use_of": "Use channel {name}", "{name} 채널 사용";
        "module.unuse": "Use this channel no more", "이 채널 사용 중지";
        "module.hardware_remove": "Disconnect", "연결 해제";
        "module.as_the_module": "as the module", "모듈과 동일";
        "module.channel_off": "switched off", "사용 안 함";
        "module.settings": "Settings of the module", "모듈 설정";
        "module.channel_settings": "Settings of the channel", "채널 설정";
        "module.not_applied": "Not applied yet.", "아직 적용하지 않았습니다.";
        "module.not_yet": "Not running yet.", "아직 동작하지 않습니다.";
        "module.switched_off": "Switched off.", "사용하지 않는 모듈입니다.";
        "module.driver_state": "Hardware", "하드웨어";
        "module.scans": "Scans", "스캔 횟수";
        "module.overruns": "Scans left out", "건너뛴 스캔";
        "module.jitter": "Jitter, ms (p50 / p99 / most)", "지터, ms (p50 / p99 / 최대)";
        "module.lost_events": "Lost events", "잃은 이벤트";
        "module.forced_count": "Forced", "강제된 채널";
        "module.remote": "Add a remote module from its profile", "프로필에서 원격 모듈 추가";
        "module.remote_hint": "The profile says what the product has and where its registers lie; the module keeps a copy and may be edited freely.", "프로필은 제품의 구성과 레지스터 위치를 알려 줍니다. 모듈은 사본을 가지므로 자유롭게 고칠 수 있습니다.";
        "module.no_port": "Add a port first: the serial line or the address the module is on.", "먼저 포트를 추가하세요. 모듈이 연결된 시리얼 라인이나 주소입니다.";
        "module.product": "Product", "제품";
        "module.remote_add": "Add", "추가";
        "module.full": "All {n} slots are taken.", "슬롯 {n}개가 모두 사용 중입니다.";
        "module.delete_text": "Its channels go with it, and publications that name them need a change. Nothing changes in the appliance before you apply.", "채널도 함께 삭제되며, 이를 쓰는 발행은 고쳐야 합니다. 적용하기 전에는 기기에서 아무것도 바뀌지 않습니다.";
        "scale.field": "Field {n}", "현장 {n}";
        "scale.shown": "Shown {n}", "표시 {n}";
        "scale.now": "Now {what}", "현재 {what}";
    }
}
