//! Against Modbus programs of others: slaves that our gateway reads and writes, a master that reads our simulated
//! field, clients that read and write our server. Each is a child process on a pair of ptys; one that is not installed fails its tests.

mod layout;
mod libmodbus;
mod mbpoll;
mod more_ways;
mod pymodbus;
mod scenes;
mod server;
mod site;
mod slave;
