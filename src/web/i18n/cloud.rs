//! Clouds of MQTT connections: their settings, and where in their consoles to find what belongs there; commands in the
//! form of other systems.

crate::web::i18n::declare_for_scripts! {
    "mqtt.derived": "What follows from this", "이 설정에서 정해지는 값";
    "mqtt.derived_none": "Appears when the settings above are complete.", "위 설정을 완성하면 나타납니다.";
    "mqtt.derived_url": "Connects to", "접속 주소";
    "mqtt.derived_server_name": "Server name (SNI)", "서버 이름 (SNI)";
    "mqtt.derived_alpn": "Protocols offered (ALPN)", "제시하는 프로토콜 (ALPN)";
    "mqtt.derived_client_id": "Client id", "클라이언트 ID";
    "mqtt.derived_username": "User name", "사용자 이름";
    "mqtt.derived_renewed": "A token made now is renewed at", "지금 만든 토큰의 갱신 시각";
    "mqtt.derived_publishes": "Publishes on", "발행 토픽";
    "mqtt.derived_subscribes": "Subscribes to", "구독 토픽";
    "cloud.": "none: any broker", "없음: 일반 브로커";
    "cloud.aws": "AWS IoT Core (X.509 certificate)", "AWS IoT Core (X.509 인증서)";
    "cloud.azure": "Azure IoT Hub (key or X.509)", "Azure IoT Hub (키 또는 X.509)";
    "cloud.alibaba": "Alibaba Cloud IoT Platform (device secret)", "Alibaba Cloud IoT Platform (장치 비밀 키)";
    "cloud.jwt": "Signed tokens as Google Cloud IoT Core had them (ClearBlade)", "Google Cloud IoT Core 방식의 서명 토큰 (ClearBlade)";
    "cloud.thingsboard": "ThingsBoard (access token)", "ThingsBoard (액세스 토큰)";
    "cloud.emqx": "EMQX Cloud (user and password)", "EMQX Cloud (사용자와 비밀번호)";
    "cloud.hivemq": "HiveMQ Cloud (user and password)", "HiveMQ Cloud (사용자와 비밀번호)";
    "cloud.home-assistant": "Home Assistant (discovery)", "Home Assistant (자동 검색)";
    "preset.": "none: topic and payload as you write them", "없음: 토픽과 페이로드를 직접 작성";
    "preset.iothinx": "iothinx: topics and values of the ioThinx 4510", "iothinx: ioThinx 4510의 토픽과 값";
    "preset.telemetry": "telemetry: values as they come", "telemetry: 값이 생길 때마다";
    "preset.attributes": "attributes: the last value of each", "attributes: 각 태그의 마지막 값";
    "preset.reported": "reported: the state of shadow, twin or device", "reported: 섀도, 트윈 또는 장치의 상태";
    "preset.discovery": "discovery: entities found by Home Assistant", "discovery: Home Assistant가 찾는 엔티티";
    "commands.": "none: topic and payload as below", "없음: 아래의 토픽과 페이로드";
    "commands.iothinx": "iothinx: write topics of the ioThinx 4510", "iothinx: ioThinx 4510의 쓰기 토픽";
    "commands.rpc": "rpc: server-side RPC", "rpc: 서버 측 RPC";
    "commands.attributes": "attributes: shared attributes", "attributes: 공유 속성";
    "commands.delta": "delta: what the shadow wants otherwise", "delta: 섀도가 원하는 변경";
    "commands.methods": "methods: direct methods", "methods: 직접 메서드";
    "commands.desired": "desired: desired properties of the twin", "desired: 트윈의 desired 속성";
    "commands.properties": "properties: properties set by the platform", "properties: 플랫폼이 설정하는 속성";
    "commands.commands": "commands: commands to the device", "commands: 장치로 보내는 명령";
    "field.cloud": "Cloud", "클라우드";
    "field.preset": "Preset", "프리셋";
    "field.endpoint": "Endpoint", "엔드포인트";
    "field.thing": "Thing", "사물 (thing)";
    "field.shadow": "Named shadow", "이름 있는 섀도";
    "field.hub": "IoT hub", "IoT 허브";
    "field.device_id": "Device id", "장치 ID";
    "field.shared_access_key": "Shared access key", "공유 액세스 키";
    "field.product_key": "Product key", "제품 키 (ProductKey)";
    "field.device_name": "Device name", "장치 이름 (DeviceName)";
    "field.device_secret": "Device secret", "장치 비밀 키 (DeviceSecret)";
    "field.host": "Host", "호스트";
    "field.project": "Project", "프로젝트";
    "field.region": "Region", "리전";
    "field.registry": "Registry", "레지스트리";
    "field.private_key": "Private key", "개인 키";
    "field.token_life_s": "Life of a token", "토큰 수명";
    "field.token": "Access token", "액세스 토큰";
    "field.discovery_prefix": "Discovery prefix", "검색 접두어";
    "hint.cloud": "Its few settings; address, login and topics follow from them.", "몇 가지 설정만 입력하면 주소, 로그인, 토픽이 정해집니다.";
    "hint.publication_preset": "Where messages go and how they are written, in one choice.", "메시지의 토픽과 형식을 한 번에 정합니다.";
    "hint.commands_preset": "In whose form commands come, in one choice.", "명령의 형식을 한 번에 정합니다.";
    "hint.aws_endpoint": "AWS IoT console, Connect, Domain configurations: the domain name of iot:Data-ATS.",
        "AWS IoT 콘솔, 연결, 도메인 구성: iot:Data-ATS의 도메인 이름.";
    "hint.aws_thing": "Manage, All devices, Things: its name. It is the client id, which the policy of its certificate must allow.",
        "관리, 모든 디바이스, 사물의 이름. 클라이언트 ID로도 쓰이며 인증서의 정책에서 허용해야 합니다.";
    "hint.aws_shadow": "Empty: the classic shadow.", "비우면 클래식 섀도를 씁니다.";
    "hint.aws_port": "443 where a firewall lets nothing else through; the protocol is then asked for by ALPN.",
        "방화벽이 443만 허용할 때 443을 쓰세요. 이때 프로토콜은 ALPN으로 요청합니다.";
    "hint.azure_hub": "Azure portal, the IoT hub, Overview: hostname.", "Azure 포털, IoT 허브, 개요: 호스트 이름.";
    "hint.azure_device_id": "Device management, Devices.", "디바이스 관리, 디바이스.";
    "hint.azure_shared_access_key": "The device's page: primary or secondary key. Empty: it is known by the certificate chosen under TLS.",
        "장치 페이지의 기본 키 또는 보조 키. 비우면 TLS에서 선택한 인증서로 확인합니다.";
    "hint.alibaba_endpoint": "Console, the instance, View endpoint: MQTT.", "콘솔, 인스턴스, 엔드포인트 보기: MQTT.";
    "hint.alibaba_product_key": "Devices, the device's page, DeviceSecret, View.", "장치, 장치 페이지, DeviceSecret 보기.";
    "hint.alibaba_device_name": "From the same window. Groups are modules of the thing model, tags their identifiers: use _ in names, not -.",
        "같은 창에 있습니다. 그룹은 모델의 모듈, 태그는 식별자가 되므로 이름에 - 대신 _를 쓰세요.";
    "hint.alibaba_device_secret": "From the same window. *** is the stored one.", "같은 창에 있습니다. ***는 저장된 값입니다.";
    "hint.jwt_host": "The MQTT host of the region, from the provider's manual.", "제공자 설명서에 있는 해당 리전의 MQTT 호스트.";
    "hint.jwt_project": "The page of the registry: project id, region and registry id.", "레지스트리 페이지의 프로젝트 ID, 리전, 레지스트리 ID.";
    "hint.jwt_private_key": "RSA (RS256) or P-256 (ES256) in PEM; its public half belongs on the device's page. *** is the stored one.",
        "PEM 형식의 RSA(RS256) 또는 P-256(ES256) 키. 공개 키는 장치 페이지에 등록합니다. ***는 저장된 값입니다.";
    "hint.token_life_s": "It is replaced after four fifths of it, by a short reconnect that loses nothing. Azure: from 300 s.",
        "수명의 5분의 4가 지나면 짧은 재접속으로 교체하며 잃는 것이 없습니다. Azure는 300초 이상.";
    "hint.thingsboard_token": "Devices, the device's details, Copy access token.", "장치, 장치 세부 정보, 액세스 토큰 복사.";
    "hint.emqx_host": "Deployment, Overview, MQTT connection information: address. The user comes from Access control, Authentication.",
        "배포, 개요, MQTT 연결 정보의 주소. 사용자는 액세스 제어, 인증에서 만듭니다.";
    "hint.hivemq_host": "Cluster, Overview: URL. The user comes from Access management.", "클러스터, 개요의 URL. 사용자는 액세스 관리에서 만듭니다.";
    "hint.discovery_prefix": "As set in Home Assistant, Settings, Devices and services, MQTT. Usually homeassistant.",
        "Home Assistant의 설정, 기기 및 서비스, MQTT에 있는 값. 보통 homeassistant입니다.";
    "field.tag_template": "Tag by template", "태그 템플릿";
    "field.value_template": "Value by template", "값 템플릿";
    "field.answer_template": "Answer by template", "응답 템플릿";
    "hint.tag_template": "Jinja over payload, topic (its levels) and appliance; gives group/name. Empty: the topic says which tag.",
        "payload, topic(각 단계), appliance를 쓰는 Jinja 템플릿. 결과는 group/name입니다. 비우면 토픽이 태그를 정합니다.";
    "hint.value_template": "Gives the value, as JSON or as a text. Empty: the pointer, the member value, or the bare payload.",
        "값을 JSON 또는 텍스트로 만듭니다. 비우면 포인터, value 멤버 또는 페이로드 자체를 씁니다.";
    "hint.answer_template": "Beside those it sees tag, attribute, id, ok, value and error. Empty: the usual answer.",
        "tag, attribute, id, ok, value, error도 쓸 수 있습니다. 비우면 기본 응답을 보냅니다.";
}
