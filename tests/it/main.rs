//! Every integration test, one binary: it links once.

mod floors;
