//! Users, tokens, one's own account: the words of their templates.

crate::web::i18n::declare! {
    USERS = "people.users": "Users", "사용자";
    ADD = "people.add": "Add user", "사용자 추가";
    NAME = "people.name": "Name", "이름";
    ROLE = "people.role": "Role", "역할";
    PASSWORD_SET = "people.password_set": "Password set", "비밀번호 설정";
    ACTIONS = "people.actions": "Actions", "작업";
    TOKENS = "people.tokens": "API tokens", "API 토큰";
    ADD_TOKEN = "people.add_token": "Create token", "토큰 만들기";
    TOKENS_LEAD = "people.tokens_lead":
        "For programs: sent as “Authorization: Bearer …”. A token is shown once, when it is made.",
        "프로그램용이며 “Authorization: Bearer …”로 보냅니다. 토큰은 만들 때 한 번만 표시됩니다.";
    EXPIRES = "people.expires": "Expires", "만료";
    LAST_USED = "people.last_used": "Last used", "마지막 사용";
    CHANGE_PASSWORD = "people.change_password": "Change password", "비밀번호 변경";
    CURRENT_PASSWORD = "people.current_password": "Present password", "현재 비밀번호";
    NEW_PASSWORD = "people.new_password": "New password", "새 비밀번호";
    SESSION = "people.session": "This session", "현재 세션";
    VIEWER = "role.viewer": "Viewer", "뷰어";
    OPERATOR = "role.operator": "Operator", "운전원";
    ADMIN = "role.admin": "Administrator", "관리자";
}
