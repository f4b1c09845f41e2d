//! The page, as trunk builds it.

fn main() {
    #[cfg(target_arch = "wasm32")]
    duplex::page::mount();
    #[cfg(not(target_arch = "wasm32"))]
    {
        eprintln!("This binary is the page and runs in a browser: `cargo xtask serve` builds and serves it.");
        std::process::exit(2);
    }
}
