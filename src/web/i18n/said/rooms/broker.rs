//! What the embedded broker refuses and why.

super::list! {
    "the broker's threads cannot be started: {}", "브로커의 스레드를 시작할 수 없습니다: {0}";
    "the broker panicked", "브로커 내부 오류(패닉)";
    "the broker's inner listener: {}", "브로커의 내부 수신부: {0}";
    "the inner listener ended", "내부 수신부가 끝났습니다";

    // Connections.
    "all {} places for clients are taken", "클라이언트 자리 {0}개가 모두 찼습니다";
    "a connection from the same port is open on another listener", "같은 포트에서 온 연결이 다른 수신 주소에 열려 있습니다";
    "no CONNECT within {} s", "{0}초 안에 CONNECT가 오지 않았습니다";
    "this is not MQTT 3.1, 3.1.1 or 5.0, or its CONNECT is too long", "MQTT 3.1, 3.1.1, 5.0이 아니거나 CONNECT가 너무 깁니다";
    "this is not MQTT: a malformed length", "MQTT가 아닙니다. 길이 형식이 잘못되었습니다";
    "a message of {} bytes is larger than the {} allowed", "{0}바이트 메시지는 허용 크기 {1}바이트를 넘습니다";
    "the client left", "클라이언트가 나갔습니다";
    "the broker closed the connection", "브로커가 연결을 닫았습니다";
    "it has not read what was sent to it for {} s", "{0}초 동안 받은 데이터를 읽지 않았습니다";
    "too much was waiting for it; its session was ended to save memory",
        "대기 중인 데이터가 너무 많아 메모리를 지키려고 세션을 끝냈습니다";
    "this connection did not come through a listener", "수신 주소를 거치지 않은 연결입니다";

    // Logins and rights.
    "no user name was given", "사용자 이름이 없습니다";
    "wrong user name or password", "사용자 이름이나 비밀번호가 잘못되었습니다";
    "no name", "이름 없음";
    "unknown name", "알 수 없는 이름";
    "logins are held back for {} s", "로그인이 {0}초 동안 보류됩니다";
    "its last session is still being removed", "이전 세션을 아직 정리하고 있습니다";
    "a connection logs in once", "한 연결은 한 번만 로그인할 수 있습니다";
    "the session of client {} belongs to another user", "{0=} 클라이언트의 세션은 다른 사용자의 것입니다";
    "may not subscribe to {}", "구독 권한이 없습니다: {0}";
    "may not publish to {}", "발행 권한이 없습니다: {0}";
    "may not publish its last will to {}", "유언 메시지를 발행할 권한이 없습니다: {0}";
    "may no longer publish its last will", "유언 메시지를 발행할 권한이 없어졌습니다";
    "an impossible topic", "쓸 수 없는 토픽";

    "bridge {}", "브리지 {0}";

    // Retained messages.
    "too many bytes are retained already: the message was not kept", "보존 메시지의 용량이 가득 차 메시지를 보존하지 않았습니다";
    "too many are on their way to subscribers; some were left out", "구독자에게 보낼 메시지가 너무 많아 일부를 뺐습니다";
    "retained messages", "보존 메시지";
    "retained messages cannot be written: {}", "보존 메시지를 저장할 수 없습니다: {0=}";
}
