//! Claim, login, and the first sentence of the editors.

crate::web::i18n::declare! {
    CLAIM_TITLE = "start.claim_title": "Claim this appliance", "이 기기 등록";
    CLAIM_TEXT = "start.claim_text":
        "This appliance has no user yet. The claim code was printed when it started: on its console and in its log.",
        "이 기기에는 아직 사용자가 없습니다. 등록 코드는 기기가 시작될 때 콘솔과 로그에 출력되었습니다.";
    CLAIM_CODE = "start.claim_code": "Claim code", "등록 코드";
    CLAIM_CODE_HINT = "start.claim_code_hint":
        "It works once. A restart prints a new one.", "한 번만 쓸 수 있습니다. 다시 시작하면 새 코드가 출력됩니다.";
    CLAIM = "start.claim": "Claim and log in", "등록하고 로그인";
    LOGIN_TITLE = "start.login_title": "Log in", "로그인";
    LOGIN = "start.login": "Log in", "로그인";
    USERNAME = "start.username": "User name", "사용자 이름";
    PASSWORD = "start.password": "Password", "비밀번호";
    PASSWORD_AGAIN = "start.password_again": "Password again", "비밀번호 다시 입력";
    PASSWORD_HINT = "start.password_hint":
        "At least 10 characters. A sentence of several words is good.",
        "10자 이상. 여러 단어로 된 문장이 좋습니다.";
    FORBIDDEN_TITLE = "start.forbidden_title": "Not allowed", "권한 없음";
    FORBIDDEN_TEXT = "start.forbidden_text":
        "This page is for administrators. Ask one of them to give you the role, or to make the change.",
        "이 페이지는 관리자만 볼 수 있습니다. 관리자에게 권한이나 변경을 요청하세요.";
    HTTPS_ONLY = "start.https_only":
        "This address speaks HTTPS: begin it with https://",
        "이 주소는 HTTPS를 사용합니다. 주소를 https:// 로 시작하세요.";
    TO_OVERVIEW = "start.to_overview": "To the overview", "개요로 이동";
    PORTS_LEAD = "start.ports_lead":
        "Serial lines and TCP connections to the devices. Each port owns its line alone.",
        "장치로 가는 시리얼 라인과 TCP 연결입니다. 각 포트는 자신의 라인을 단독으로 사용합니다.";
    DEVICES_LEAD = "start.devices_lead":
        "Modbus devices and what is read from them. Type, paste and fill as in a spreadsheet.",
        "Modbus 장치와 읽을 값입니다. 스프레드시트처럼 입력하고 붙여넣고 채울 수 있습니다.";
    INTERNAL_LEAD = "start.internal_lead":
        "Values the appliance keeps itself: recipes, set-points, flags.",
        "기기가 직접 보관하는 값입니다: 레시피, 설정값, 플래그.";
    SETTINGS_LEAD = "start.settings_lead":
        "Name and place of this appliance, and how its web server is reached.",
        "이 기기의 이름과 위치, 그리고 웹 서버 접속 방법입니다.";
}
