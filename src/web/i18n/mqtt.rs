//! MQTT connections and the broker: the words of their templates.

crate::web::i18n::declare! {
    LEAD = "mqtt.lead":
        "Brokers this appliance connects to, what it publishes there and what may be written from there.",
        "이 기기가 접속하는 브로커, 거기에 발행할 내용, 거기서 쓸 수 있는 태그입니다.";
    BROKER_LEAD = "mqtt.broker_lead":
        "A small broker of this site's own. A bigger one is reached as any other connection.",
        "현장용 소형 브로커입니다. 더 큰 브로커는 다른 연결처럼 접속하면 됩니다.";
}
