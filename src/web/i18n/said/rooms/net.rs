//! Addresses, certificates, TLS.

super::list! {
    // Listening.
    "{} is already in use", "{0} 주소는 이미 사용 중입니다";
    "no permission to listen on {}: ports below 1024 need the right to bind privileged ports",
        "{0} 주소에서 수신할 권한이 없습니다. 1024 미만의 포트를 열려면 권한이 필요합니다";
    "{} is no address of this machine", "{0} 주소는 이 기기의 주소가 아닙니다";
    "cannot listen on {}: {}", "{0} 주소에서 수신할 수 없습니다: {1}";
    "the address is not on the allow-list", "허용 목록에 없는 주소입니다";
    "too many connections", "연결이 너무 많습니다";
    "too many connections from one address", "한 주소에서 온 연결이 너무 많습니다";

    // Certificates.
    "there is no certificate in this text: expected a block that begins with -----BEGIN CERTIFICATE-----",
        "이 텍스트에는 인증서가 없습니다. -----BEGIN CERTIFICATE-----로 시작하는 블록이 필요합니다";
    "there is no private key in this text: expected a block that begins with -----BEGIN PRIVATE KEY-----",
        "이 텍스트에는 개인 키가 없습니다. -----BEGIN PRIVATE KEY-----로 시작하는 블록이 필요합니다";
    "this is a certificate; the private key belongs here", "이것은 인증서입니다. 여기에는 개인 키를 넣으세요";
    "this is a private key; the certificate belongs here", "이것은 개인 키입니다. 여기에는 인증서를 넣으세요";
    "the private key is encrypted with a passphrase: remove the passphrase first", "개인 키가 암호로 잠겨 있습니다. 먼저 암호를 제거하세요";
    "the PEM text is damaged: {}", "PEM 텍스트가 손상되었습니다: {0}";
    "the line {} is missing", "다음 줄이 없습니다: {0}";
    "the line {} is no proper beginning", "시작 줄이 올바르지 않습니다: {0}";
    "the text between the BEGIN and END lines is not base64", "BEGIN 줄과 END 줄 사이의 텍스트가 base64가 아닙니다";
    "certificate {} of the text cannot be read: {}", "텍스트의 {0}번째 인증서를 읽을 수 없습니다: {1}";
    "the private key cannot be used: {}", "개인 키를 사용할 수 없습니다: {0}";
    "the private key does not belong to the first certificate of the chain", "개인 키가 체인의 첫 번째 인증서와 맞지 않습니다";
    "\"{}\" can be no name in a certificate", "\"{0}\" 이름은 인증서에 쓸 수 없습니다";
    "no certificate could be made: {}", "인증서를 만들지 못했습니다: {0}";
    "no certificate could be made", "인증서를 만들지 못했습니다";

    // TLS.
    "the CA: {}", "CA 인증서: {0}";
    "the certificate: {}", "인증서: {0}";
    "\"{}\" is neither a host name nor an IP address", "\"{0}\" 값은 호스트 이름도 IP 주소도 아닙니다";
    "this machine has no certificate authorities of its own: give the CA that signed the server's certificate",
        "이 기기에는 자체 인증 기관 목록이 없습니다. 서버 인증서를 서명한 CA를 지정하세요";
    "TLS cannot be set up: {}", "TLS를 준비할 수 없습니다: {0}";

    // PKCS #12.
    "the password is wrong, or the file is damaged", "비밀번호가 틀렸거나 파일이 손상되었습니다";
    "the file is not PKCS #12, or is locked in a way dinrail does not know ({})",
        "PKCS #12 파일이 아니거나 dinrail이 모르는 방식으로 잠긴 파일입니다({0})";
    "there is no private key in the file", "파일에 개인 키가 없습니다";
    "none of the file's certificates belongs to its private key", "파일의 인증서 중 개인 키와 맞는 것이 없습니다";
}
