//! The help page, and the first sentence of the API's.

crate::web::i18n::declare! {
    API_LEAD = "help.api_lead":
        "Everything these pages do goes over this API. Calls made here run with your session and your role. The description itself:",
        "이 페이지들의 모든 동작은 이 API를 통합니다. 여기서 보내는 요청은 현재 세션과 역할로 실행됩니다. 명세 파일:";
    START = "help.start": "From nothing to values", "처음부터 값이 보일 때까지";
    START_1 = "help.start_1":
        "1. Ports: add the serial line, or host and port of a Modbus/TCP server. The path under /dev/serial/by-id stays the same when adapters are replugged; /dev/ttyUSB0 does not.",
        "1. 포트: 시리얼 라인을 추가하거나 Modbus/TCP 서버의 호스트와 포트를 입력합니다. /dev/serial/by-id 아래의 경로는 어댑터를 다시 꽂아도 그대로지만 /dev/ttyUSB0는 바뀔 수 있습니다.";
    START_2 = "help.start_2":
        "2. Devices and tags: add the device with its unit id, then type its tags, or paste the table of its manual from a spreadsheet. A first line with column names (name, table, address, type, unit) puts each column in its place.",
        "2. 장치와 태그: 유닛 ID로 장치를 추가한 다음 태그를 입력하거나 스프레드시트에서 설명서의 표를 붙여넣습니다. 첫 줄에 열 이름(name, table, address, type, unit)이 있으면 각 열이 제자리에 들어갑니다.";
    START_3 = "help.start_3":
        "3. Review and apply. The plan says what starts, stops or is updated. A change to one tag never closes its line.",
        "3. 검토 후 적용합니다. 계획에는 시작, 중지, 갱신되는 유닛이 표시됩니다. 태그 하나를 바꿔도 라인은 닫히지 않습니다.";
    START_4 = "help.start_4":
        "4. Tags: watch the values. Operators and administrators write writable tags with F2 or the Write button.",
        "4. 태그: 값을 감시합니다. 운전원과 관리자는 F2나 쓰기 버튼으로 쓰기 가능한 태그에 값을 씁니다.";
    FILES = "help.files": "Profiles and files of tags", "프로필과 태그 파일";
    FILES_1 = "help.files_1":
        "Devices, “Add from profile”: a profile brings the registers of a product, as its maker’s document gives them. The device keeps a copy and may be edited freely; it only remembers where it came from. A profile of one’s own is uploaded in the same dialog, or put into the folder profiles of the data folder; “Export” gives any device out as one.",
        "장치의 “프로필에서 추가”: 프로필은 제조사 문서대로 제품의 레지스터를 가져옵니다. 장치는 사본을 가지므로 자유롭게 고칠 수 있고, 어디서 왔는지만 기억합니다. 직접 만든 프로필은 같은 창에서 올리거나 데이터 폴더의 profiles 폴더에 둡니다. “내보내기”로 어떤 장치든 프로필로 꺼낼 수 있습니다.";
    FILES_2 = "help.files_2":
        "“Import” reads CSV and XLSX tables, Kepware’s tag export, modpoll’s configuration and Telegraf’s inputs.modbus. Every row is shown with what it becomes; with one error nothing is taken. Of a tag that is there already only the columns of the file change. Addresses may be 16, 0x10, 10h, 40017, 400017, 4x0017, 40017.3 (a bit) or %MW16.",
        "“가져오기”는 CSV와 XLSX 표, Kepware 태그 내보내기, modpoll 구성, Telegraf inputs.modbus를 읽습니다. 모든 행을 결과와 함께 보여 주며 오류가 하나라도 있으면 아무것도 가져오지 않습니다. 이미 있는 태그는 파일에 있는 열만 바뀝니다. 주소는 16, 0x10, 10h, 40017, 400017, 4x0017, 40017.3 (비트), %MW16처럼 적을 수 있습니다.";
    FILES_3 = "help.files_3":
        "What “Export” gives comes back unchanged. In a file, texts that a spreadsheet would run as a formula have ' in front; importing takes it away.",
        "“내보내기”로 만든 파일은 다시 가져와도 그대로입니다. 스프레드시트가 수식으로 실행할 텍스트 앞에는 '가 붙고, 가져올 때 없어집니다.";
    ADDRESS = "help.address": "Addresses", "주소";
    ADDRESS_1 = "help.address_1":
        "Addresses count from 0, as they travel on the wire. Manuals often count from 1 and put the table in front: 40001 is holding 0, 30001 is input 0, 10001 is discrete 0, 00001 is coil 0. The column “4xxxx” shows this number and also takes it.",
        "주소는 실제 통신과 같이 0부터 셉니다. 설명서는 흔히 1부터 세고 앞에 테이블을 붙입니다: 40001은 holding 0, 30001은 input 0, 10001은 discrete 0, 00001은 coil 0입니다. “4xxxx” 열은 이 번호를 보여 주고 입력도 받습니다.";
    ADDRESS_2 = "help.address_2":
        "If values look absurd, try the other word order: ABCD sends the most significant byte first, CDAB swaps the two registers.",
        "값이 터무니없으면 다른 순서를 시도하세요: ABCD는 최상위 바이트가 먼저이고 CDAB는 두 레지스터를 바꿉니다.";
    QUALITY = "help.quality": "Quality", "품질";
    QUALITY_1 = "help.quality_1":
        "Good: read and valid. Uncertain: read, with a doubt. Bad: not to be used; the last good value stays on show and the reason says why.",
        "좋음: 읽었고 유효합니다. 불확실: 읽었지만 의심이 있습니다. 나쁨: 쓰면 안 되며, 마지막 좋은 값이 남고 이유가 표시됩니다.";
    QUALITY_2 = "help.quality_2":
        "“No answer” for one device points to its unit id, its power or its wiring; for all devices of a line to the line settings. CRC errors point to the cable, the termination or the baud rate.",
        "한 장치만 “응답 없음”이면 유닛 ID, 전원, 배선을 확인하고, 라인의 모든 장치가 그렇다면 라인 설정을 확인하세요. CRC 오류는 케이블, 종단 저항, 보드레이트를 가리킵니다.";
    QUALITY_3 = "help.quality_3":
        "The time of a value is when the answer was received, by this host's clock. dinrail does not set the host's clock or network. The overview says whether the clock is synchronised, as the host's kernel knows it; chrony tells the kernel where its setting `rtcsync` is on.",
        "값의 시각은 이 호스트의 시계로 응답을 받은 때입니다. dinrail은 호스트의 시계나 네트워크를 설정하지 않습니다. 개요 화면은 시계가 동기화되었는지를 호스트 커널이 아는 대로 표시합니다. chrony는 `rtcsync` 설정이 켜져 있을 때 커널에 알립니다.";
    MQTT = "help.mqtt": "Topics and payloads", "토픽과 페이로드";
    MQTT_1 = "help.mqtt_1":
        "In topics {appliance}, {tag}, {group}, {name} and {attribute} are filled in. The preview beside a publication shows what would be sent now.",
        "토픽의 {appliance}, {tag}, {group}, {name}, {attribute}는 실제 값으로 채워집니다. 발행 옆의 미리보기는 지금 보낼 내용을 보여 줍니다.";
    MQTT_2 = "help.mqtt_2":
        "Commands are written to the topic of a subscription as a bare value or as an object with a member “value”. The answer comes on the response topic. Retained commands are ignored.",
        "명령은 구독의 토픽에 값만, 또는 “value” 멤버가 있는 객체로 씁니다. 응답은 응답 토픽으로 옵니다. 보존된(retained) 명령은 무시됩니다.";
    MQTT_3 = "help.mqtt_3":
        "The broker of this appliance keeps retained messages over a restart; sessions and queues of absent clients are in memory and are lost with it.",
        "이 기기의 브로커는 보존 메시지를 재시작 후에도 유지하지만, 세션과 부재 중인 클라이언트의 대기열은 메모리에만 있어 사라집니다.";
    MQTT_4 = "help.mqtt_4":
        "Messages of QoS 1 and 2 wait until the broker has acknowledged them, also through an outage or a restart, as far as the room of the connection goes. They keep the times they were made at. Under MQTT, “Delivery” counts what became of them. QoS 0 keeps nothing: after an outage the newest values are sent. A message of QoS 1 may arrive twice; one of QoS 2 only if this program ended before it was acknowledged.",
        "QoS 1과 2의 메시지는 브로커가 확인할 때까지, 장애나 재시작이 있어도 연결에 정한 공간만큼 기다립니다. 생성된 시각은 그대로입니다. MQTT 페이지의 “전달 현황”에서 그 결과를 볼 수 있습니다. QoS 0은 아무것도 보관하지 않고 장애 후 최신 값을 보냅니다. QoS 1 메시지는 두 번 도착할 수 있으며, QoS 2는 확인 전에 이 프로그램이 종료된 경우에만 그렇습니다.";
    MQTT_5 = "help.mqtt_5":
        "A bridge connects the broker of this appliance with another one: machines talk to each other on site, and the topics named by the rules go to the cloud or come from there. A message keeps its QoS up to that of its rule. While the other broker is away, QoS 1 and 2 wait on the disk like publications; QoS 0 is given up and counted, but for retained messages, which are told again at each connect. With MQTT 5 retained messages stay retained both ways, and no message goes round over several brokers: each leaves a mark in the user property dinrail-via. What comes in with QoS 1 or 2 is acknowledged when the broker here has it. A message on which the other broker closes the connection every time is given up after six times and told under Events.",
        "브리지는 이 기기의 브로커를 다른 브로커와 연결합니다. 현장 장비끼리 통신하면서, 규칙으로 정한 토픽만 클라우드로 보내거나 클라우드에서 받습니다. 메시지의 QoS는 규칙에 정한 값까지 유지됩니다. 상대 브로커가 없는 동안 QoS 1과 2는 발행처럼 디스크에서 기다리고, QoS 0은 버린 수를 셉니다. 보존 메시지는 접속할 때마다 다시 보냅니다. MQTT 5에서는 보존 메시지가 양방향으로 보존되고, 브로커마다 사용자 속성 dinrail-via에 표시를 남기므로 여러 브로커를 거쳐도 메시지가 돌지 않습니다. QoS 1과 2로 들어온 메시지는 이 기기의 브로커가 받은 뒤에 수신을 확인합니다. 상대 브로커가 받을 때마다 연결을 닫는 메시지는 여섯 번 만에 버리고 이벤트에 기록합니다.";
    ACCESS = "help.access": "Access", "접근";
    ACCESS_1 = "help.access_1":
        "Viewers see everything but settings. Operators also write tags. Administrators also change the configuration and users.",
        "뷰어는 설정을 제외한 모든 것을 봅니다. 운전원은 태그도 씁니다. 관리자는 구성과 사용자도 바꿉니다.";
    ACCESS_2 = "help.access_2":
        "Nobody can log in any more? On the host: dinrail user reset --data DIR makes an administrator's password anew. The web listener is lost? dinrail serve --data DIR --web ADDR:PORT overrides it for one run.",
        "아무도 로그인할 수 없습니까? 호스트에서 dinrail user reset --data DIR 명령으로 관리자 비밀번호를 새로 만듭니다. 웹 주소를 잃었다면 dinrail serve --data DIR --web ADDR:PORT가 그 실행 동안 대신합니다.";
    KEYS = "help.keys": "Keys", "단축키";
    KEYS_1 = "help.keys_1":
        "Editors: Ctrl+S reviews and applies. Grids: arrows move, typing replaces, F2 edits, Enter goes down, Tab goes right, Ctrl+D fills down, Ctrl+Z undoes, Ctrl+Y redoes, Esc then Tab leaves.",
        "편집기: Ctrl+S로 검토하고 적용합니다. 표: 화살표로 이동, 입력하면 바꿈, F2 편집, Enter 아래로, Tab 오른쪽, Ctrl+D 아래로 채우기, Ctrl+Z 실행 취소, Ctrl+Y 다시 실행, Esc 다음 Tab으로 나갑니다.";
    KEYS_2 = "help.keys_2":
        "Tag table: arrows move, Enter shows all attributes, F2 or W writes, Esc closes.",
        "태그 표: 화살표로 이동, Enter로 모든 속성, F2나 W로 쓰기, Esc로 닫기.";
}
