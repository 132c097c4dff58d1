//! The frame of every page.

crate::web::i18n::declare! {
    SKIP = "nav.skip": "Skip to content", "본문으로 건너뛰기";
    MAIN = "nav.main": "Main", "주 메뉴";
    MENU = "nav.menu": "Menu", "메뉴";
    CONNECTING = "nav.connecting": "Connecting", "연결 중";
    PREFERENCES = "nav.preferences": "Language and theme", "언어와 테마";
    LANGUAGE = "nav.language": "Language", "언어";
    THEME = "nav.theme": "Theme", "테마";
    THEME_AUTO = "nav.theme_auto": "As the system", "시스템 설정";
    THEME_LIGHT = "nav.theme_light": "Light", "밝게";
    THEME_DARK = "nav.theme_dark": "Dark", "어둡게";
    APPLY = "nav.apply": "Apply", "적용";
    ACCOUNT = "nav.account": "Account", "내 계정";
    LOGOUT = "nav.logout": "Log out", "로그아웃";
    NOSCRIPT = "nav.noscript":
        "These pages need JavaScript. Everything they do can also be done over the REST API.",
        "이 페이지에는 JavaScript가 필요합니다. 같은 작업을 REST API로도 할 수 있습니다.";
    UNSAVED = "nav.unsaved": "Unsaved changes", "저장하지 않은 변경";
    WATCH = "nav.watch": "Watch", "감시";
    CONFIGURE = "nav.configure": "Configure", "구성";
    MANAGE = "nav.manage": "Manage", "관리";
    LEARN = "nav.learn": "Learn", "도움";
    OVERVIEW = "nav.overview": "Overview", "개요";
    TAGS = "nav.tags": "Tags", "태그";
    EVENTS = "nav.events": "Events", "이벤트";
    PORTS = "nav.ports": "Ports", "포트";
    DEVICES = "nav.devices": "Devices and tags", "장치와 태그";
    INTERNAL = "nav.internal": "Internal registers", "내부 레지스터";
    MQTT = "nav.mqtt": "MQTT connections", "MQTT 연결";
    BROKER = "nav.broker": "MQTT broker", "MQTT 브로커";
    SETTINGS = "nav.settings": "Appliance and web", "기기와 웹";
    USERS = "nav.users": "Users and tokens", "사용자와 토큰";
    REVISIONS = "nav.revisions": "Revisions", "리비전";
    CONFIGURATION = "nav.configuration": "Import and export", "가져오기와 내보내기";
    HELP = "nav.help": "Help", "도움말";
    API_DOCS = "nav.api_docs": "REST API", "REST API 문서";
}
