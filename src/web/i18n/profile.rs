//! Device profiles.

crate::web::i18n::declare_for_scripts! {
    "profile.title": "Add a device from a profile", "프로필에서 장치 추가";
    "profile.search": "Search maker or product", "제조사 또는 제품 검색";
    "profile.product": "Product", "제품";
    "profile.variant": "Variant", "변형";
    "profile.plain": "(as it is)", "(기본)";
    "profile.own": "own", "직접 추가";
    "profile.choose": "Choose a product.", "제품을 고르세요.";
    "profile.none": "There is no device profile.", "장치 프로필이 없습니다.";
    "profile.no_port": "Add a port first: a device is on a line.", "먼저 포트를 추가하세요. 장치는 라인에 연결됩니다.";
    "profile.incomplete": "Name or unit id is missing or not right.", "이름 또는 유닛 ID가 없거나 올바르지 않습니다.";
    "profile.tags": "Tags: {n}", "태그 {n}개";
    "profile.broken": "Own profiles that cannot be read: {files}", "읽을 수 없는 직접 추가 프로필: {files}";
    "profile.own_file": "A profile of one's own", "직접 만든 프로필";
    "profile.file": "Profile file (JSON)", "프로필 파일 (JSON)";
    "profile.add": "Add, apply later", "추가만 하기";
    "profile.add_now": "Add and apply", "추가하고 적용";
    "profile.export": "Device profile (JSON)", "장치 프로필 (JSON)";
    "profile.export_hint": "For other devices of this kind: settings and tags without name, port and unit id.", "같은 종류의 다른 장치용. 이름, 포트, 유닛 ID를 뺀 설정과 태그.";
    "profile_kind.meter": "Energy meters", "전력량계";
    "profile_kind.inverter": "Inverters", "인버터 (태양광)";
    "profile_kind.temperature": "Temperature and climate", "온도와 공조";
    "profile_kind.io": "I/O modules", "I/O 모듈";
    "profile_kind.drive": "Drives", "모터 드라이브";
    "profile_kind.other": "Other", "기타";
}
