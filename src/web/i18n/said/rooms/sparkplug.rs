//! Edge nodes of Sparkplug: their settings, and what hosts are refused.

super::list! {
    // Settings.
    "hosts tell their state under `STATE`: give the group another name",
        "`STATE`는 호스트가 상태를 알리는 자리입니다. 그룹에 다른 이름을 주세요";
    "`{}` is a level of a topic: not empty, and without `+`, `/`, `#` and control characters",
        "`{0}` 값은 토픽의 한 단계입니다. 비울 수 없고 `+`, `/`, `#`, 제어 문자를 쓸 수 없습니다";
    "`device` goes with payload `sparkplug`", "`device` 항목은 `sparkplug` 페이로드와 함께 씁니다";
    "Sparkplug says itself where its messages go: leave `topic` out", "메시지의 토픽은 Sparkplug가 정합니다. `topic` 항목을 빼세요";
    "Sparkplug settles this itself: leave `{}` out", "이것은 Sparkplug가 정합니다. `{0}` 항목을 빼세요";
    "after a connect the birth tells the present values: leave `on_connect` out",
        "연결 직후의 현재 값은 BIRTH가 알립니다. `on_connect` 항목을 빼세요";
    "a host asks an edge node by NCMD `Node Control/Rebirth`: leave `request_topic` out",
        "호스트는 NCMD `Node Control/Rebirth`로 요청합니다. `request_topic` 항목을 빼세요";
    "a Sparkplug session is always clean (Sparkplug 3.0, 2.4): leave `clean_session` out",
        "Sparkplug 세션은 항상 새로 시작합니다(Sparkplug 3.0, 2.4). `clean_session` 항목을 빼세요";
    "an edge node speaks Sparkplug to any broker: leave `cloud` out, and give address and login here",
        "에지 노드는 어떤 브로커와도 Sparkplug로 통신합니다. `cloud` 항목을 빼고 주소와 로그인을 직접 지정하세요";
    "the will of an edge node is its NDEATH: leave `last_will` out", "에지 노드의 유언은 NDEATH입니다. `last_will` 항목을 빼세요";
    "the birth of an edge node is its NBIRTH: leave `birth` out", "에지 노드의 시작 메시지는 NBIRTH입니다. `birth` 항목을 빼세요";
    "an edge node is commanded by NCMD and DCMD: put subscriptions in a connection of their own",
        "에지 노드는 NCMD와 DCMD로 명령을 받습니다. 구독은 별도의 연결에 두세요";
    "an edge node publishes with payload `sparkplug` alone: put this publication in a connection of its own",
        "에지 노드는 `sparkplug` 페이로드로만 발행합니다. 이 발행은 별도의 연결에 두세요";
    "payload `sparkplug` needs a connection that is an edge node: give it `sparkplug` with `group` and `edge_node`",
        "`sparkplug` 페이로드에는 에지 노드인 연결이 필요합니다. 연결에 `group`과 `edge_node`가 있는 `sparkplug` 항목을 넣으세요";
    "connection `{}` is edge node `{}` of group `{}` already: give each its own name",
        "`{0}` 연결이 이미 `{2}` 그룹의 `{1}` 에지 노드입니다. 서로 다른 이름을 주세요";

    // Hosts.
    "the payload is not one of Sparkplug B", "Sparkplug B 페이로드가 아닙니다";
    "a command has 1..{} metrics, not {}", "명령의 메트릭은 1~{0}개입니다. 받은 수: {1}";
    "a metric of a command has a name or an alias", "명령의 메트릭에는 이름이나 별칭이 있어야 합니다";
    "no birth told of a metric `{}`", "BIRTH에 `{0}` 메트릭이 없습니다";
    "no birth told of a metric with alias {}", "BIRTH에 별칭이 {0}인 메트릭이 없습니다";
    "a command has a value that is not null", "명령에는 null이 아닌 값이 있어야 합니다";
    "the metric is of type {}: the value of a command has the same", "메트릭의 형식은 {0}입니다. 명령의 값도 같은 형식이어야 합니다";
    "an edge node takes `Node Control/Rebirth` with the value true, and nothing else",
        "에지 노드는 값이 true인 `Node Control/Rebirth`만 받습니다";
    "`{}` is none of the tags that hosts may write (`writable` of the edge node)",
        "`{0}` 태그는 호스트가 쓸 수 있는 태그가 아닙니다(에지 노드의 `writable`)";
    "{}: the primary host left; connecting again in {} s", "{0}: 주 호스트가 떠났습니다. {1}초 뒤에 다시 연결합니다";
    "{}: connected, and silent until the primary host `{}` is online",
        "{0}: 연결되었지만 주 호스트가 온라인이 될 때까지 아무것도 보내지 않습니다. 주 호스트: `{1}`";
}
