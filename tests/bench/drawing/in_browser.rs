//! What the benchmark of the drawing calls in the browser: the crate's own layout and painting, and a run that nobody
//! draws. Built for the benchmark alone; the page has nothing of it.

#[cfg(target_arch = "wasm32")]
mod calls;

fn main() {
    #[cfg(target_arch = "wasm32")]
    calls::install();
    #[cfg(not(target_arch = "wasm32"))]
    {
        eprintln!("This binary is a part of a benchmark and runs in a browser: `cargo xtask bench drawing` builds it.");
        std::process::exit(2);
    }
}
