//! What the help says of I/O modules.

crate::web::i18n::declare! {
    TITLE = "help.modules": "I/O modules", "I/O 모듈";
    KINDS = "help.modules_kinds":
        "A module has the channels of its model: digital inputs and outputs, relays, analog inputs and outputs, resistance thermometers, thermocouples. Only channels in use are tags, named module/channel like every other tag; what is not used is not read.",
        "모듈에는 모델에 따른 채널이 있습니다: 디지털 입력과 출력, 릴레이, 아날로그 입력과 출력, 측온저항체, 열전대. 사용하는 채널만 다른 태그처럼 모듈/채널 이름의 태그가 되며, 사용하지 않는 채널은 읽지 않습니다.";
    MODES = "help.modules_modes":
        "The mode says what a channel does. A digital input is a level or a counter: 32 bits, with an overflow flag, started and paused, its level live beside it. A digital output is switched or sends trains of pulses in steps of 0.5 ms. An analog channel has its range; 4..20 mA with broken loop tells a broken wire. Members of another mode are kept, so that a mode tried out and left loses nothing, and no other channel notices.",
        "모드는 채널의 동작을 정합니다. 디지털 입력은 레벨 또는 카운터입니다. 카운터는 32비트이며 오버플로 플래그가 있고, 시작과 일시 정지가 가능하며 레벨도 실시간으로 보입니다. 디지털 출력은 스위칭하거나 0.5 ms 단위의 펄스열을 보냅니다. 아날로그 채널에는 범위가 있고, 4..20 mA 단선 감지 모드는 끊어진 배선을 알립니다. 다른 모드의 설정은 유지되므로 모드를 바꿔 보고 되돌려도 잃는 것이 없으며, 다른 채널에는 영향이 없습니다.";
    SAFE = "help.modules_safe":
        "The safe value of an output (off, on, a level, or hold) is taken in safe mode, at an orderly stop of the program, and when hardware that was lost returns. In safe mode writes are refused on every path, with the reason. kill -9, or a crash, leaves outputs as the hardware holds them: what must be safe even then needs hardware that falls back by itself.",
        "출력의 안전값(꺼짐, 켜짐, 특정 레벨 또는 유지)은 안전 모드, 프로그램의 정상 종료, 잃었던 하드웨어가 돌아올 때 적용됩니다. 안전 모드에서는 모든 경로의 쓰기를 이유와 함께 거부합니다. kill -9나 비정상 종료 후에는 출력이 하드웨어가 유지하는 상태로 남습니다. 그때도 안전해야 하는 출력에는 스스로 안전 상태로 돌아가는 하드웨어가 필요합니다.";
    POWER_ON = "help.modules_power_on":
        "Power-on values apply once, at boot of the host. A restart of the program or an edit keeps an output where it can be read back.",
        "전원 투입값은 호스트가 부팅할 때 한 번만 적용됩니다. 프로그램을 다시 시작하거나 설정을 고쳐도 되읽을 수 있는 출력은 그대로 유지됩니다.";
    FORCE = "help.modules_force":
        "Forcing is for commissioning: operators hold an input at a value that everything then sees, marked “forced” and uncertain, or drive an output by hand, which then refuses writes. A banner stays over the rack while anything is forced; the event log says who forced and who let go. Safe mode goes before forcing, and a restart ends it.",
        "강제는 시운전용입니다. 운전원은 입력을 특정 값으로 고정하여 모든 곳에 “강제” 표시와 불확실 품질로 보이게 하거나, 출력을 수동으로 구동할 수 있으며 이때 다른 쓰기는 거부됩니다. 강제된 채널이 있는 동안 랙 위에 배너가 표시되고, 누가 강제하고 끝냈는지 이벤트 로그에 남습니다. 안전 모드가 강제보다 우선하며, 재시작하면 강제가 끝납니다.";
    COUNTS = "help.modules_counts":
        "A count that is kept survives restarts and power loss: it is written at most every 2 s while it changes, and at every stop; a power loss costs at most 5 s of counts. The closings of relays are always kept. All counts of a module that changed are one small write together: a module whose counters never rest costs a flash at most 43,200 writes a day, one at rest none.",
        "유지하도록 설정한 카운트는 재시작과 정전 후에도 남습니다. 값이 변하는 동안 최대 2초마다, 그리고 정지할 때마다 저장하며, 정전 시 최대 5초 분량만 잃습니다. 릴레이의 접점 닫힘 횟수는 항상 유지됩니다. 한 모듈에서 변한 카운트는 한 번에 묶어 작게 저장합니다. 계속 세는 모듈의 플래시 쓰기는 하루 최대 43,200회이며, 변하지 않으면 쓰지 않습니다.";
}
