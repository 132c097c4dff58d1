//! Certificates: the words of their page.

pub(super) mod scripts {
    //! Words that its script names.

    crate::web::i18n::declare_for_scripts! {
        "certificates.none": "None yet. The web server shows one it made itself.", "아직 없습니다. 웹 서버는 스스로 만든 인증서를 씁니다.";
        "certificates.days_left": "{n} days left", "{n}일 남음";
        "certificates.expired": "expired", "만료됨";
        "certificates.unused": "not used", "사용하지 않음";
        "certificates.self": "itself", "자체 서명";
        "certificates.web": "web server", "웹 서버";
        "certificates.connection": "MQTT: {name}", "MQTT 연결: {name}";
        "certificates.listener": "broker: {name}", "브로커: {name}";
        "certificates.bridge": "bridge: {name}", "브리지: {name}";
        "certificates.add": "Add certificate", "인증서 추가";
        "certificates.replace": "Replace", "교체";
        "certificates.replace_title": "Replace the certificate {name}", "{name} 인증서 교체";
        "certificates.replace_hint": "Whoever uses it shows the new one at once; open connections go on.",
            "사용하는 곳에서 바로 새 인증서를 씁니다. 열려 있는 연결은 유지됩니다.";
        "certificates.way": "How it comes in", "가져오는 방법";
        "certificates.self_signed": "made here, signed by itself", "이 기기에서 만들기 (자체 서명)";
        "certificates.pem": "PEM texts", "PEM 텍스트";
        "certificates.pkcs12": "PKCS #12 file (.p12, .pfx)", "PKCS #12 파일 (.p12, .pfx)";
        "certificates.names": "Host names and addresses, one a line", "호스트 이름과 주소, 한 줄에 하나";
        "certificates.days": "Days it lasts", "유효 일수";
        "certificates.key_stays": "The key is made here and never leaves this appliance.", "키는 이 기기에서 만들어지며 밖으로 나가지 않습니다.";
        "certificates.chain": "Certificate and chain (PEM), the own one first", "인증서와 체인 (PEM), 자기 인증서가 먼저";
        "certificates.key": "Private key (PEM), without a passphrase", "개인 키 (PEM), 암호 없이";
        "certificates.file": "File", "파일";
        "certificates.file_password": "Password of the file", "파일 비밀번호";
        "certificates.fingerprint": "SHA-256 {text}", "SHA-256 지문 {text}";
        "certificates.delete_text": "Its key is gone with it.", "키도 함께 삭제됩니다.";
        "certificates.saved": "The certificate is in force.", "인증서가 적용되었습니다.";
    }
}

crate::web::i18n::declare! {
    CERTIFICATES = "nav.certificates": "Certificates", "인증서";
    LEAD = "certificates.lead":
        "Certificates with their keys, used by name: by the web server, MQTT connections and the broker.",
        "키가 있는 인증서입니다. 웹 서버, MQTT 연결, 브로커에서 이름으로 사용합니다.";
    ADD = "certificates.add_button": "Add certificate", "인증서 추가";
    FOR = "certificates.for": "For", "대상";
    ISSUER = "certificates.issuer": "Signed by", "서명 기관";
    USED_BY = "certificates.used_by": "Used by", "사용처";
}
