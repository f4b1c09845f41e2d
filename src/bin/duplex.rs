//! The echo server's command.

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    duplex::server::command::main()
}

#[cfg(target_arch = "wasm32")]
fn main() {}
