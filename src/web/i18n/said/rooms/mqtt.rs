//! MQTT connections: why they are not well, and commands they refuse.

super::list! {
    // The way to the broker.
    "the MQTT client cannot be set up: {}", "MQTT 클라이언트를 준비할 수 없습니다: {0}";
    "the name `{}` cannot be resolved: {}", "`{0}` 이름의 주소를 찾을 수 없습니다: {1}";
    "the name server does not answer", "이름 서버가 응답하지 않습니다";
    "it has no address", "주소가 없습니다";
    "the connection is refused: nothing listens there", "연결이 거부되었습니다. 그 주소에서 수신하는 프로그램이 없습니다";
    "there is no answer at that address", "그 주소에서 응답이 없습니다";
    "it cannot be reached: {}", "접속할 수 없습니다: {0}";
    "the connection failed: {}", "연결에 실패했습니다: {0}";

    // TLS.
    "the broker accepts the connection and then says nothing: it does not speak TLS, or hangs",
        "브로커가 연결을 받은 뒤 아무 응답도 없습니다. TLS를 쓰지 않거나 멈춘 상태입니다";
    "the broker does not speak TLS on this port", "브로커가 이 포트에서 TLS를 쓰지 않습니다";
    "the broker has no TLS version and cipher in common with us{}", "브로커와 공통으로 쓸 수 있는 TLS 버전과 암호가 없습니다{0}";
    "; here only TLS 1.3 is allowed", ". 여기서는 TLS 1.3만 허용되어 있습니다";
    "the broker's certificate is signed by an authority we do not know: give its CA",
        "브로커 인증서를 서명한 인증 기관을 알 수 없습니다. 해당 CA를 지정하세요";
    "the broker's certificate is not signed by the CA given here, though that one has the same name",
        "브로커 인증서가 지정한 CA로 서명되지 않았습니다. 이름만 같은 CA입니다";
    "the broker's certificate is for {}, not for `{}`", "브로커 인증서의 이름이 `{1}` 주소와 맞지 않습니다. 인증서의 이름: {0}";
    "another name", "다른 이름";
    "no name at all", "이름 없음";
    "the broker's certificate has expired (if it has not, the clock of this machine is wrong)",
        "브로커 인증서가 만료되었습니다(만료되지 않았다면 이 기기의 시계가 틀린 것입니다)";
    "the broker's certificate is not valid yet (if it is, the clock of this machine is wrong)",
        "브로커 인증서의 유효 기간이 아직 시작되지 않았습니다(이미 시작되었다면 이 기기의 시계가 틀린 것입니다)";
    "the broker's key is not the pinned one", "브로커의 키가 고정된 키와 다릅니다";
    "the broker asks for a certificate of ours: choose one for this connection",
        "브로커가 이 기기의 인증서를 요구합니다. 이 연결에 쓸 인증서를 고르세요";
    "the broker refuses our certificate ({})", "브로커가 이 기기의 인증서를 거부합니다({0})";
    "the broker offers none of the protocols asked for by ALPN", "ALPN으로 요청한 프로토콜 중 브로커가 지원하는 것이 없습니다";
    "the broker accepts the connection and does not answer the WebSocket's request",
        "브로커가 연결을 받았지만 WebSocket 요청에 응답하지 않습니다";
    "there is no WebSocket at `{}`: the server answers {}", "`{0}` 경로에 WebSocket이 없습니다. 서버의 응답: {1}";
    "the server opens a WebSocket, but not for MQTT", "서버가 WebSocket을 열지만 MQTT용이 아닙니다";
    "what answers is no WebSocket server", "응답한 상대가 WebSocket 서버가 아닙니다";
    "the URL cannot be asked for: {}", "URL을 요청할 수 없습니다: {0}";
    "the WebSocket failed: {}", "WebSocket 오류: {0}";
    "the broker's certificate cannot be used: {}", "브로커 인증서를 사용할 수 없습니다: {0}";
    "the broker ended the TLS handshake: {}", "브로커가 TLS 핸드셰이크를 끝냈습니다: {0}";
    "TLS failed: {}", "TLS 오류: {0}";

    // The session.
    "the broker accepts the connection and does not answer CONNECT", "브로커가 연결을 받았지만 CONNECT에 응답하지 않습니다";
    "the broker takes no more data", "브로커가 데이터를 더 받지 않습니다";
    "the answer to CONNECT is not a CONNACK", "CONNECT에 대한 응답이 CONNACK이 아닙니다";
    "the broker kept a session although a clean one was asked for", "새 세션을 요청했지만 브로커가 이전 세션을 유지했습니다";
    "the broker did not answer a ping within the keep-alive time", "브로커가 연결 유지 시간 안에 핑에 응답하지 않았습니다";
    "the broker sent a message of {} bytes, which is beyond all measure; what it kept for us is discarded",
        "브로커가 {0}바이트의 지나치게 큰 메시지를 보냈습니다. 브로커에 남은 메시지를 버립니다";
    "what answers is no MQTT broker, or it speaks TLS on this port", "MQTT 브로커가 아니거나 이 포트에서 TLS를 쓰는 상대입니다";
    "the broker broke the protocol: {}", "브로커가 프로토콜을 어겼습니다: {0}";
    "the broker does not answer any more", "브로커가 더 이상 응답하지 않습니다";
    "the broker closes the connection instead of answering CONNECT", "브로커가 CONNECT에 응답하지 않고 연결을 닫습니다";
    "the broker closes the connection instead of answering CONNECT; does it want TLS (`mqtts://`)?",
        "브로커가 CONNECT에 응답하지 않고 연결을 닫습니다. TLS(`mqtts://`)가 필요한지 확인하세요";
    "the broker closed the connection; when this repeats, another client may use the client id `{}`",
        "브로커가 연결을 닫았습니다. 반복되면 다른 클라이언트가 클라이언트 ID `{0}` 값을 쓰고 있을 수 있습니다";
    "the broker refuses without a reason", "브로커가 이유 없이 거부합니다";
    "the broker does not speak MQTT 3.1.1", "브로커가 MQTT 3.1.1을 지원하지 않습니다";
    "the broker refuses the client id `{}`", "브로커가 클라이언트 ID `{0}` 값을 거부합니다";
    "the broker says that it is not available now", "브로커가 지금은 사용할 수 없다고 알립니다";
    "the broker refuses the user name or password", "브로커가 사용자 이름이나 비밀번호를 거부합니다";
    "the broker refuses us: not authorised (user name, password or client id)",
        "브로커가 접속을 거부합니다. 권한이 없습니다(사용자 이름, 비밀번호 또는 클라이언트 ID)";
    "{}: the broker refuses the subscription to `{}`", "{0}: 브로커가 `{1}` 구독을 거부합니다";
    "the broker refuses the subscription to `{}`", "브로커가 `{0}` 구독을 거부합니다";
    "{}: the broker takes messages and answers nothing", "{0}: 브로커가 메시지를 받기만 하고 응답하지 않습니다";
    "the answers of subscription `{}` would be taken for commands; they are not sent",
        "`{0}` 구독의 응답이 명령으로 읽힐 수 있어 보내지 않습니다";
    "a message was lost with its session: {}", "세션이 끊겨 메시지를 잃었습니다: {0}";
    "more answers were asked for than the broker takes", "브로커가 받을 수 있는 것보다 많은 응답이 요청되었습니다";
    "the broker takes messages more slowly than they come", "메시지가 생기는 속도보다 브로커가 받는 속도가 느립니다";
    "a topic is not valid", "토픽이 올바르지 않습니다";
    "the client has ended", "클라이언트가 끝났습니다";

    // The queue.
    "messages wait in memory alone: {}", "메시지가 메모리에만 대기하고 있습니다: {0}";
    "the queue's file {} is damaged", "대기열 파일 손상: {0}";
    "{} was written by a newer dinrail, or is no queue of dinrail: move it away (nothing was changed)",
        "{0} 파일은 더 새로운 dinrail이 썼거나 dinrail의 대기열이 아닙니다. 다른 곳으로 옮기세요(아무것도 바꾸지 않았습니다)";
    "the disk is full", "디스크가 가득 찼습니다";
    "the queue's file {} cannot be used: {}", "대기열 파일 {0} 사용 불가: {1}";
    "the queue's file was damaged; it is put aside as {}, and what only it held is lost to the broker",
        "대기열 파일이 손상되어 {0} 이름으로 옮겨 두었습니다. 그 파일에만 있던 메시지는 브로커로 보낼 수 없습니다";
    "what waited for the broker could not be removed with its connection: {}",
        "연결과 함께 대기 메시지를 지우지 못했습니다: {0}";
    "a page of the queue cannot be read", "대기열의 한 페이지를 읽을 수 없습니다";

    // Commands.
    "`{}` is not the name of a tag", "`{0}` 값은 태그 이름이 아닙니다";
    "`{}` is not an attribute", "`{0}` 속성은 없습니다";
    "`{}` is not one of the tags that can be written here", "`{0}` 태그는 여기서 쓸 수 있는 태그가 아닙니다";
    "the payload has {} bytes; a command has at most {}", "페이로드가 {0}바이트입니다. 명령은 최대 {1}바이트입니다";
    "the payload is not JSON: {}", "페이로드가 JSON이 아닙니다: {0}";
    "the payload has no `value`", "페이로드에 `value`가 없습니다";
    "`value` is true or false, a number or a text", "`value`는 true/false, 숫자 또는 텍스트여야 합니다";
    "`id` is a text of at most {} bytes, or a number", "`id`는 최대 {0}바이트의 텍스트 또는 숫자여야 합니다";
    "`timestamp` is not a time such as `2026-01-02T03:04:05.678Z`", "`timestamp`가 `2026-01-02T03:04:05.678Z`와 같은 시각이 아닙니다";
    "the clock of this appliance is not set, so the command's age cannot be judged",
        "이 기기의 시계가 맞지 않아 명령이 언제 보낸 것인지 판단할 수 없습니다";
    "the command is {} s old; here it may be {} s old", "명령을 보낸 지 {0}초가 지났습니다. 허용 시간은 {1}초입니다";

    "the payload has nothing at `{}`, where the value is looked for", "페이로드의 `{0}` 위치에 값이 없습니다";
    "the command has expired on its way (MQTT 5 message expiry)", "명령이 도중에 만료되었습니다(MQTT 5 메시지 만료)";

    // What a broker of MQTT 5 says, and what is not checked.
    "{}: connected, but the broker's certificate is not checked (`insecure`): anybody on the way can read and change what is sent",
        "{0}: 연결되었지만 브로커 인증서를 확인하지 않습니다(`insecure`). 중간에서 누구나 내용을 읽고 바꿀 수 있습니다";
    "a message, or its topic, is larger than the broker takes", "메시지 또는 토픽이 브로커가 받는 크기를 넘습니다";
    "the broker closes the connection whenever it gets a certain message of {} bytes: the message is given up",
        "브로커가 {0}바이트 크기의 특정 메시지를 받을 때마다 연결을 닫으므로 그 메시지를 버립니다";
    "the broker refuses a message: not authorised for its topic", "브로커가 메시지를 거부합니다. 토픽에 대한 권한이 없습니다";
    "the broker refuses a message: its topic is not accepted", "브로커가 메시지를 거부합니다. 토픽을 받지 않습니다";
    "the broker refuses a message: its payload is not of the format it wants", "브로커가 메시지를 거부합니다. 페이로드 형식이 맞지 않습니다";
    "the broker refuses a message: it keeps no retained messages", "브로커가 메시지를 거부합니다. 보존(retain)을 지원하지 않습니다";
    "the broker refuses a message without saying why", "브로커가 이유 없이 메시지를 거부합니다";
    "the broker does not speak MQTT 5: set the protocol to 3.1.1", "브로커가 MQTT 5를 지원하지 않습니다. 버전을 3.1.1로 바꾸세요";
    "the broker says that it is busy", "브로커가 바쁘다고 알립니다";
    "the broker has banned this client: its administrator lifts that", "브로커가 이 클라이언트를 차단했습니다. 브로커 관리자가 해제할 수 있습니다";
    "the broker wants another way to log in", "브로커가 다른 로그인 방식을 요구합니다";
    "the broker does not accept the topic of the last will", "브로커가 유언 토픽을 받지 않습니다";
    "the broker does not accept the payload of the last will", "브로커가 유언 페이로드를 받지 않습니다";
    "the broker keeps no retained messages: take `retain` from the last will",
        "브로커가 보존(retain)을 지원하지 않습니다. 유언의 `retain` 설정을 끄세요";
    "the broker does not take the QoS of the last will", "브로커가 유언의 QoS를 받지 않습니다";
    "the broker finds CONNECT too large: shorten the last will", "CONNECT가 너무 커서 브로커가 받지 않습니다. 유언을 줄이세요";
    "the broker says that a quota is used up", "브로커가 할당량을 다 썼다고 알립니다";
    "the broker says that we connect too often", "브로커가 접속이 너무 잦다고 알립니다";
    "the broker sends us to another server: change the URL", "브로커가 다른 서버를 쓰라고 알립니다. URL을 바꾸세요";
    "the broker does not understand our CONNECT", "브로커가 CONNECT를 이해하지 못합니다";
    "another client took the session over: it uses the client id `{}` too", "다른 클라이언트가 세션을 가져갔습니다. 클라이언트 ID `{0}` 값을 함께 쓰고 있습니다";
    "the broker is shutting down", "브로커가 종료되고 있습니다";
    "the broker ended the session: not authorised", "브로커가 세션을 끝냈습니다. 권한이 없습니다";
    "the broker heard nothing from us within the keep-alive time", "브로커가 연결 유지 시간 안에 아무것도 받지 못했습니다";
    "the broker's administrator ended the session", "브로커 관리자가 세션을 끝냈습니다";
    "the broker says that our messages come too fast", "브로커가 메시지가 너무 빠르다고 알립니다";
    "the broker says that a message is too large", "브로커가 메시지가 너무 크다고 알립니다";
    "the broker allows no longer session", "브로커가 더 긴 세션을 허용하지 않습니다";
    "the broker keeps no retained messages: take `retain` from what is published",
        "브로커가 보존(retain)을 지원하지 않습니다. 발행의 `retain` 설정을 끄세요";
    "the broker does not take the QoS of a message: lower it", "브로커가 메시지의 QoS를 받지 않습니다. QoS를 낮추세요";
    "the broker takes no filters with `+`", "브로커가 `+`가 든 필터를 받지 않습니다";
    "the broker ended the session: {}", "브로커가 세션을 끝냈습니다: {0}";

    // Commands by template.
    "`pointer` and `template` do not go together: the value stands in one place",
        "`pointer`와 `template`은 함께 쓸 수 없습니다. 값의 위치는 하나여야 합니다";
    "the tag cannot be found: {}", "태그를 찾을 수 없습니다: {0}";
    "the value cannot be found: {}", "값을 찾을 수 없습니다: {0}";
}
