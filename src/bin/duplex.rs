//! The echo server's command.

fn main() {}
