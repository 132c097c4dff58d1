//! Slaves of libmodbus.

use super::scenes;
use super::slave::Peer::Libmodbus;

#[tokio::test]
async fn every_type_and_order_is_read() {
    scenes::every_type_and_order_is_read(Libmodbus).await;
}

#[tokio::test]
async fn min_and_max_follow_the_good_values() {
    scenes::min_and_max_follow(Libmodbus).await;
}

#[tokio::test]
async fn an_exception_stays_where_it_is() {
    scenes::an_exception_stays_where_it_is(Libmodbus).await;
}

#[tokio::test]
async fn writes_arrive_in_every_type_by_every_function() {
    scenes::writes_arrive(Libmodbus).await;
}

#[tokio::test]
async fn refused_writes_are_told() {
    scenes::refused_writes_are_told(Libmodbus).await;
}

#[tokio::test]
async fn writes_are_verified_by_reading_back() {
    scenes::writes_are_verified(Libmodbus).await;
}

#[tokio::test]
async fn a_slave_that_lost_its_power_comes_back() {
    scenes::a_slave_comes_back(Libmodbus).await;
}
